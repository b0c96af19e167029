# fish completion for ovsns; load it with: ovsns completion fish | source

function __ovsns_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l program $words[1]
    set -l lines ($program __complete $words[2..-1] "$current" 2>/dev/null)
    switch "$lines[1]"
        case :files
            __fish_complete_path "$current"
        case :programs
            __fish_complete_command
        case '*'
            test -n "$lines[1]"; and printf '%s\n' $lines
    end
end

complete -c ovsns -f -a '(__ovsns_complete)'

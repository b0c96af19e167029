# bash completion for ovsns; load it with: source <(ovsns completion bash)
# shellcheck shell=bash

_ovsns() {
    local line=${COMP_LINE:0:COMP_POINT} words=() cur done='' c
    read -ra words <<<"$line"
    [[ $line == *[[:space:]] ]] && words+=('')
    cur=${words[${#words[@]} - 1]}
    mapfile -t COMPREPLY < <("${words[0]/#\~/$HOME}" __complete "${words[@]:1}" 2>/dev/null)
    case ${COMPREPLY[0]-} in
    :files) compopt -o default && COMPREPLY=() ;;
    :programs) mapfile -t COMPREPLY < <(compgen -c -- "$cur") ;;
    esac
    COMPREPLY=("${COMPREPLY[@]%%$'\t'*}")
    # Readline replaces only what follows the last of its word breaks.
    for c in = :; do
        if [[ $COMP_WORDBREAKS == *"$c"* && $cur == *"$c"* ]]; then
            done=${cur%"${cur##*["$c"]}"}
            COMPREPLY=("${COMPREPLY[@]#"$done"}")
            cur=${cur#"$done"}
        fi
    done
}

complete -F _ovsns ovsns

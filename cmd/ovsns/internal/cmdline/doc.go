// Package cmdline is the command line of a program that has many commands: it reads
// it, says what is wrong with it and how it would be right, shows help, completes
// it, and turns an error into two lines and an exit code. It knows no command; it
// goes by the tree that it is given, with the library urfave/cli, which reads
// arguments and flags in one order only and says little when they are wrong.
//
//	words --- Parse ---+--- Line --- Run ------ the command's Action, help, version
//	            |      |      |
//	          error    |    Read (a flag's value)
//	            |      |
//	          Report (error:, hint: with the corrected Line) --- exit code
//
//	words so far --- Complete --- Words of a flag, Arguments of a command
//
// A flag that takes a value is described by [Value]: its name, what help says of it,
// and what completes it. The arguments of a command are described by its ArgsUsage,
//
//	NS          one argument
//	[NAME]      one that may be left out
//	NAME...     one or more
//	A via B     a word that has to stand there
//	bash|zsh    one of these words
//	CMD         the rest is another program's; its flags need a -- before it
//
// which is what help shows, what is checked, and by whose names [Arguments] says
// what completes them.
package cmdline

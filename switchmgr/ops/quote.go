package ops

import (
	"strings"

	"github.com/ovsns/ovsns/model"
)

// ip returns a command of ip(8) for a place.
func ip(place model.Place, words ...string) string {
	command := []string{"ip"}
	if place != model.Host {
		command = append(command, "-n", place.Namespace())
	}
	return line(append(command, words...)...)
}

// within returns a command that runs in a place.
func within(place model.Place, words ...string) string {
	if place == model.Host {
		return line(words...)
	}
	return line(append([]string{"ip", "netns", "exec", place.Namespace()}, words...)...)
}

// sysctl returns the command for a setting of a place. sysctl(8) reads some names
// as patterns or assignments; those are written to their file.
func sysctl(place model.Place, path, value string) string {
	if plain(path, "/_.-") {
		return within(place, "sysctl", "-q", "-w", path+"="+value)
	}
	write := line("echo", value) + " > " + quote("/proc/sys/"+path)
	if place == model.Host {
		return write
	}
	return within(place, "bash", "-c", write)
}

// line joins words to a command line.
func line(words ...string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = quote(w)
	}
	return strings.Join(quoted, " ")
}

// quote returns a word that bash takes as it is. No name holds a newline.
func quote(word string) string {
	if word != "" && plain(word, "-_./:,=") {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// plain reports whether s is of ASCII letters, digits and those given.
func plain(s, others string) bool {
	for _, r := range s {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
		if !letter && !strings.ContainsRune(others, r) {
			return false
		}
	}
	return true
}

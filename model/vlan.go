package model

import (
	"slices"
	"strconv"
	"strings"
)

// VID is a VLAN identifier, 1 to 4094 (IEEE 802.1Q-2022, 9.6). Zero means no
// VLAN: the untagged segment.
type VID uint16

// MaxVID is the highest VLAN that may be used; 4095 is reserved.
const MaxVID VID = 4094

// ParseVID reads a VLAN from 1 to 4094. The error is [ErrInvalid].
func ParseVID(s string) (VID, error) {
	n, err := strconv.Atoi(s)
	if err != nil {
		return 0, Invalidf("VLAN %q is not a number from 1 to %d", s, MaxVID)
	}
	if n < 1 || n > int(MaxVID) {
		return 0, Invalidf("VLAN %d is outside 1 to %d", n, MaxVID)
	}
	return VID(n), nil
}

// VIDSet is a sorted list of distinct VLANs. Nil means none; see [AllVLANs].
type VIDSet []VID

// AllVLANs are those of a port that carries every VLAN and the untagged segment
// as well, in words "all". It is the VLAN 0 that stands alone.
var AllVLANs = VIDSet{0}

// All reports whether the set is [AllVLANs].
func (s VIDSet) All() bool { return len(s) == 1 && s[0] == 0 }

// ParseVIDSet reads a list such as "10,20-29", or "all". It may not be empty. The
// error is [ErrInvalid].
func ParseVIDSet(s string) (VIDSet, error) {
	if s == allWord {
		return AllVLANs, nil
	}
	var in [MaxVID + 1]bool
	for part := range strings.SplitSeq(s, ",") {
		low, high, isRange := strings.Cut(strings.TrimSpace(part), "-")
		if part == "" || strings.HasPrefix(part, "-") {
			return nil, Invalidf("VLAN list %q is not of the form 10,20-29", s)
		}
		from, err := ParseVID(low)
		if err != nil {
			return nil, err
		}
		to := from
		if isRange {
			if to, err = ParseVID(high); err != nil {
				return nil, err
			}
		}
		if to < from {
			return nil, Invalidf("VLAN range %s runs backwards", part)
		}
		for v := from; v <= to; v++ {
			in[v] = true
		}
	}
	var set VIDSet
	for v, is := range in {
		if is {
			set = append(set, VID(v))
		}
	}
	return set, nil
}

// allWord is [AllVLANs] in words.
const allWord = "all"

// String returns the shortest list, "10,20-29", or "all"; "" for an empty set.
func (s VIDSet) String() string {
	if s.All() {
		return allWord
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		j := i
		for j+1 < len(s) && s[j+1] == s[j]+1 {
			j++
		}
		if b.Len() > 0 {
			b.WriteByte(',')
		}
		b.WriteString(strconv.Itoa(int(s[i])))
		if j > i {
			b.WriteByte('-')
			b.WriteString(strconv.Itoa(int(s[j])))
		}
		i = j + 1
	}
	return b.String()
}

// MarshalText writes the form of [VIDSet.String].
func (s VIDSet) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads the form of [ParseVIDSet]; an empty text is the empty set.
func (s *VIDSet) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*s = nil
		return nil
	}
	set, err := ParseVIDSet(string(text))
	*s = set
	return err
}

// VLANMode is the vlan_mode of a switch port (ovs-vswitchd.conf.db(5), table
// Port). ovsns always writes it: without one, a port with no tag would be an
// open trunk.
type VLANMode string

// The modes that ovsns uses.
const (
	ModeAccess         VLANMode = "access"
	ModeTrunk          VLANMode = "trunk"
	ModeNativeUntagged VLANMode = "native-untagged"
)

// VLANs says which VLANs a port carries. The zero value is an access port of
// the untagged segment.
type VLANs struct {
	// Access is the VLAN of an access port; 0 is the untagged segment. It is 0
	// on a trunk.
	Access VID `json:"vlan,omitempty"`
	// Trunk lists the VLANs that are carried tagged; not empty makes a trunk.
	Trunk VIDSet `json:"trunk,omitempty"`
	// Native is the VLAN of untagged frames on a trunk; 0 for none.
	Native VID `json:"native_vlan,omitempty"`
}

// ParseVLANs reads the values of --vlan, --trunk and --native-vlan, "" for one
// that was not given. The error is [ErrInvalid].
func ParseVLANs(access, trunk, native string) (VLANs, error) {
	var v VLANs
	var err error
	if access != "" {
		if v.Access, err = ParseVID(access); err != nil {
			return VLANs{}, err
		}
	}
	if trunk != "" {
		if v.Trunk, err = ParseVIDSet(trunk); err != nil {
			return VLANs{}, err
		}
	}
	if native != "" {
		if v.Native, err = ParseVID(native); err != nil {
			return VLANs{}, err
		}
	}
	if err := v.check(); err != nil {
		return VLANs{}, err
	}
	return v.definite(), nil
}

// definite returns the VLANs as a port can have them. One with a native VLAN that
// carried the untagged segment as well would mix both, for frames of either leave
// it without a tag; so there, all VLANs are 1 to 4094.
func (v VLANs) definite() VLANs {
	if !v.Trunk.All() || v.Native == 0 {
		return v
	}
	v.Trunk = nil
	for id := VID(1); id <= MaxVID; id++ {
		v.Trunk = append(v.Trunk, id)
	}
	return v
}

func (v VLANs) check() error {
	switch {
	case v.Access != 0 && len(v.Trunk) > 0:
		return Invalidf("a port is either access (--vlan) or trunk (--trunk), not both")
	case v.Native != 0 && len(v.Trunk) == 0:
		// native-untagged with an empty trunk list would carry every VLAN.
		return Invalidf("--native-vlan needs --trunk").WithHint("--vlan %d for an access port", v.Native)
	}
	return nil
}

// Mode returns the vlan_mode that carries these VLANs.
func (v VLANs) Mode() VLANMode {
	switch {
	case len(v.Trunk) == 0:
		return ModeAccess
	case v.Native != 0:
		return ModeNativeUntagged
	default:
		return ModeTrunk
	}
}

// Untagged returns the VLAN in which the port's untagged frames travel, 0 for
// the untagged segment, and whether it carries untagged frames at all.
func (v VLANs) Untagged() (VID, bool) {
	switch v.Mode() {
	case ModeAccess:
		return v.Access, true
	case ModeNativeUntagged:
		return v.Native, true
	default:
		return 0, v.Trunk.All()
	}
}

// Carries reports whether frames of a VLAN, or of the untagged segment (0), pass.
func (v VLANs) Carries(id VID) bool {
	if untagged, ok := v.Untagged(); ok && untagged == id {
		return true
	}
	return v.Trunk.All() || slices.Contains(v.Trunk, id)
}

// Equal reports whether both carry the same VLANs in the same way.
func (v VLANs) Equal(w VLANs) bool {
	return v.Access == w.Access && v.Native == w.Native && slices.Equal(v.Trunk, w.Trunk)
}

// String returns "vlan 100", "trunk 10,20-29 native 10" or "untagged".
func (v VLANs) String() string {
	switch v.Mode() {
	case ModeTrunk:
		return "trunk " + v.Trunk.String()
	case ModeNativeUntagged:
		return "trunk " + v.Trunk.String() + " native " + strconv.Itoa(int(v.Native))
	default:
		if v.Access == 0 {
			return "untagged"
		}
		return "vlan " + strconv.Itoa(int(v.Access))
	}
}

// LabVLANs are the VLANs of a port, in the words of the file.
type LabVLANs struct {
	VLAN       VID    `json:"vlan,omitempty"`
	Trunk      VIDSet `json:"trunk,omitempty"`
	NativeVLAN VID    `json:"native_vlan,omitempty"`
}

// VLANs returns them as a port has them.
func (v LabVLANs) VLANs() VLANs {
	return VLANs{Access: v.VLAN, Trunk: v.Trunk, Native: v.NativeVLAN}.definite()
}

package ovsdb

import (
	"crypto/tls"
	"crypto/x509"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/ovsns/ovsns/model"
)

// DefaultEndpoint is used when [Options] names none.
const DefaultEndpoint = "unix:/var/run/openvswitch/db.sock"

// endpoint is one place where ovsdb-server may listen.
type endpoint struct {
	text   string // as given, for messages
	url    string // as libovsdb wants it
	socket string // path of a unix socket, else ""
	tls    bool
}

// parseEndpoints reads a list separated by commas (ovsdb(7), "Connection
// Methods"). The error is [model.ErrInvalid].
func parseEndpoints(list string) ([]endpoint, error) {
	if list == "" {
		list = DefaultEndpoint
	}
	var all []endpoint
	for part := range strings.SplitSeq(list, ",") {
		e, err := parseEndpoint(strings.TrimSpace(part))
		if err != nil {
			return nil, err
		}
		all = append(all, e)
	}
	return all, nil
}

func parseEndpoint(text string) (endpoint, error) {
	scheme, rest, _ := strings.Cut(text, ":")
	switch {
	case strings.HasPrefix(text, "/"):
		return endpoint{}, model.Invalidf("%q does not say how to reach the switch database", text).WithHint("unix:%s", text)
	case rest == "":
		return endpoint{}, model.Invalidf("%q is not of the form unix:PATH, tcp:HOST:PORT or ssl:HOST:PORT", text)
	case scheme == "unix":
		return unixEndpoint(text, rest)
	case scheme == "tcp" || scheme == "ssl":
		if !hasPort(rest) {
			rest += ":6640" // the port that IANA gave to OVSDB
		}
		return endpoint{text: text, url: scheme + ":" + rest, tls: scheme == "ssl"}, nil
	default:
		return endpoint{}, model.Invalidf("%q is not of the form unix:PATH, tcp:HOST:PORT or ssl:HOST:PORT", text)
	}
}

// unixEndpoint makes the path absolute: libovsdb silently takes another socket
// in place of a relative one.
func unixEndpoint(text, path string) (endpoint, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return endpoint{}, model.Invalidf("socket %q has no absolute path", path).Because(err)
	}
	u := url.URL{Scheme: "unix", Path: abs}
	return endpoint{text: text, url: u.String(), socket: abs}, nil
}

// hasPort reports whether "host:port" or "[v6]:port" names a port.
func hasPort(s string) bool {
	i := strings.LastIndexByte(s, ':')
	return i >= 0 && !strings.HasSuffix(s, "]") && i < len(s)-1
}

// tlsConfig reads the three files that ssl: needs. As in every program of Open
// vSwitch, the peer is known by the authority that signed its certificate, not
// by its host name.
func tlsConfig(o Options) (*tls.Config, error) {
	if o.PrivateKey == "" || o.Certificate == "" || o.CACert == "" {
		return nil, model.Invalidf("an ssl: endpoint needs --private-key, --certificate and --ca-cert")
	}
	pair, err := tls.LoadX509KeyPair(o.Certificate, o.PrivateKey)
	if err != nil {
		return nil, model.Invalidf("certificate %s with key %s cannot be used", o.Certificate, o.PrivateKey).Because(err)
	}
	pem, err := os.ReadFile(o.CACert)
	if err != nil {
		return nil, model.Invalidf("CA certificate cannot be read").Because(err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, model.Invalidf("%s holds no certificate", o.CACert)
	}
	return &tls.Config{
		Certificates:       []tls.Certificate{pair},
		MinVersion:         tls.VersionTLS12,
		InsecureSkipVerify: true, // the host name only; VerifyConnection checks the chain
		VerifyConnection:   func(s tls.ConnectionState) error { return verifyChain(s, roots) },
	}, nil
}

func verifyChain(s tls.ConnectionState, roots *x509.CertPool) error {
	between := x509.NewCertPool()
	for _, c := range s.PeerCertificates[1:] {
		between.AddCert(c)
	}
	_, err := s.PeerCertificates[0].Verify(x509.VerifyOptions{
		Roots: roots, Intermediates: between, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny},
	})
	return err
}

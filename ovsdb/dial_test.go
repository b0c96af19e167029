package ovsdb

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ovsns/ovsns/model"
)

func TestEndpoints(t *testing.T) {
	for text, want := range map[string]string{
		"":                       "unix:///var/run/openvswitch/db.sock",
		"unix:/a b%c?":           "unix:///a%20b%25c%3F",
		"tcp:192.0.2.1:7000":     "tcp:192.0.2.1:7000",
		"tcp:[2001:db8::1]":      "tcp:[2001:db8::1]:6640",
		"ssl:example.com, tcp:x": "ssl:example.com:6640",
	} {
		list, err := parseEndpoints(text)
		if err != nil || list[0].url != want {
			t.Errorf("%q is %+v, %v", text, list, err)
		}
	}
	for _, text := range []string{"/run/db.sock", "db.sock", "unix:", "http://x", "unix:/a,,tcp:b"} {
		_, err := Dial(patient(t), Options{Endpoints: text})
		wantClass(t, err, model.ErrInvalid)
	}
	_, err := Dial(patient(t), Options{Endpoints: "/run/db.sock"})
	if model.Hint(err) != "unix:/run/db.sock" {
		t.Errorf("hint %q", model.Hint(err))
	}
}

func TestDialNobody(t *testing.T) {
	_, err := Dial(patient(t), Options{Endpoints: "unix:" + t.TempDir() + "/db.sock"})
	wantClass(t, err, model.ErrNotReady)
	if model.Hint(err) == "" {
		t.Error("no hint")
	}
	stale := filepath.Join(t.TempDir(), "db.sock")
	silentSocket(t, stale).Close()
	_, err = Dial(patient(t), Options{Endpoints: "unix:" + stale + ",tcp:127.0.0.1:1"})
	wantClass(t, err, model.ErrNotReady)
	for _, part := range []string{stale, "127.0.0.1:1"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q does not name %s", err, part)
		}
	}
}

func TestDialWithoutPermission(t *testing.T) {
	refused := fmt.Errorf("failed: %w", &net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.EACCES)})
	err := dialError(t.Context(), DefaultEndpoint, refused)
	wantClass(t, err, model.ErrNotReady)
	if !strings.Contains(model.Hint(err), "sudo") || strings.Contains(err.Error(), "failed") {
		t.Errorf("%v, hint %q", err, model.Hint(err))
	}
}

// silentSocket listens and never answers.
func silentSocket(t *testing.T, path string) net.Listener {
	t.Helper()
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	l.(*net.UnixListener).SetUnlinkOnClose(false)
	t.Cleanup(func() { l.Close() })
	return l
}

func TestDialSilence(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	silentSocket(t, path)
	start := time.Now()
	_, err := Dial(contextFor(t, 200*time.Millisecond), Options{Endpoints: "unix:" + path})
	wantClass(t, err, model.ErrNotReady)
	if d := time.Since(start); d > 20*time.Second || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("after %v: %v", d, err)
	}
	// The next of the list still gets its share of the time.
	inTime(t, time.Second, func(ctx context.Context) error {
		c, err := Dial(ctx, Options{Endpoints: "unix:" + path + "," + DefaultEndpoint})
		if err == nil {
			c.Close()
		}
		return err
	})
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err = Dial(ctx, Options{Endpoints: "unix:" + path})
	wantClass(t, err, nil)
}

func TestServerGoesAway(t *testing.T) {
	dir := t.TempDir()
	server, err := startServer(dir)
	if err != nil {
		t.Fatal(err)
	}
	c := dialAt(t, "unix:"+filepath.Join(dir, "db.sock"))
	_, err = c.Observe(patient(t), Scope{})
	wantClass(t, err, model.ErrNotReady) // never initialised
	if err := server.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = server.Wait()
	_, err = c.Observe(patient(t), Scope{})
	wantClass(t, err, model.ErrNotReady)
}

func TestDialTLS(t *testing.T) {
	dir := t.TempDir()
	key, cert := writeCertificate(t, dir)
	server, err := startServer(dir, "--remote=pssl:6641:127.0.0.1", "--remote=ptcp:6642:127.0.0.1",
		"--private-key="+key, "--certificate="+cert, "--ca-cert="+cert)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Process.Kill(); _ = server.Wait() })
	vsctl(t, "--db=tcp:127.0.0.1:6642", "--no-wait", "init")
	for _, o := range []Options{
		{Endpoints: "tcp:127.0.0.1:6642"},
		{Endpoints: "ssl:127.0.0.1:6641", PrivateKey: key, Certificate: cert, CACert: cert},
	} {
		c, err := Dial(patient(t), o)
		if err != nil {
			t.Fatal(err)
		}
		wantRecorded(t, observe(t, c, Scope{}).Recorded)
		if err := c.CheckDaemon(patient(t)); err != nil {
			t.Errorf("%s: %v", o.Endpoints, err)
		}
		c.Close()
	}
	_, err = Dial(patient(t), Options{Endpoints: "ssl:127.0.0.1:6641"})
	wantClass(t, err, model.ErrInvalid)
	key2, cert2 := writeCertificate(t, t.TempDir())
	_, err = Dial(patient(t), Options{Endpoints: "ssl:127.0.0.1:6641", PrivateKey: key2, Certificate: cert2, CACert: cert2})
	wantClass(t, err, model.ErrNotReady)
}

// writeCertificate makes a key and a certificate signed with it.
func writeCertificate(t *testing.T, dir string) (keyFile, certFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: "switch " + dir},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	keyFile, certFile = filepath.Join(dir, "key.pem"), filepath.Join(dir, "cert.pem")
	for file, block := range map[string]*pem.Block{
		keyFile: {Type: "PRIVATE KEY", Bytes: der}, certFile: {Type: "CERTIFICATE", Bytes: cert},
	} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return keyFile, certFile
}

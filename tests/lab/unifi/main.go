// A stand-in for the API with which UniFi Network gives its stored BGP configuration: HTTPS with a certificate of its own
// making, a key, and an array of none or one. What it answers is in the folder that it is given:
//
//	key     the API key that is right
//	answer  the HTTP status, or `cut` for half an answer, and how many milliseconds it takes; then the body
//	log     each request: its path, and whether its key was right
package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"
)

type api struct{ folder string }

func (a api) read(file string) []byte {
	text, err := os.ReadFile(filepath.Join(a.folder, file))
	if err != nil {
		log.Print(err)
	}
	return text
}

func (a api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	isRight := r.Header.Get("X-API-KEY") == strings.TrimSpace(string(a.read("key")))
	log.Printf("%s %s right=%v", r.Method, r.URL.Path, isRight)
	w.Header().Set("Content-Type", "application/json")
	if !isRight {
		w.WriteHeader(http.StatusUnauthorized)
		fmt.Fprint(w, `{"error":{"code":401,"message":"Unauthorized"}}`)
		return
	}
	head, body, _ := bytes.Cut(a.read("answer"), []byte("\n"))
	var status string
	var delay int
	fmt.Sscan(string(head), &status, &delay)
	time.Sleep(time.Duration(delay) * time.Millisecond)
	if status == "cut" {
		w.Header().Set("Content-Length", fmt.Sprint(2*len(body)))
		w.Write(body)
		panic(http.ErrAbortHandler)
	}
	code := http.StatusOK
	fmt.Sscan(status, &code)
	w.WriteHeader(code)
	w.Write(body)
}

// certificate is for no name and from nobody, as a gateway's is.
func certificate() (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	form := x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(24 * time.Hour)}
	signed, err := x509.CreateCertificate(rand.Reader, &form, &form, &key.PublicKey, key)
	return tls.Certificate{Certificate: [][]byte{signed}, PrivateKey: key}, err
}

func main() {
	folder := os.Args[1]
	file, err := os.OpenFile(filepath.Join(folder, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		log.Fatal(err)
	}
	log.SetOutput(file)
	own, err := certificate()
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /proxy/network/v2/api/site/default/bgp/config", api{folder})
	server := http.Server{Addr: "127.0.0.1:443", Handler: mux, TLSConfig: &tls.Config{Certificates: []tls.Certificate{own}}}
	log.Fatal(server.ListenAndServeTLS("", ""))
}

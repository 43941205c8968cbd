// Command ask-all is what the benchmark compares with: it asks every agent as cilium-cli's `cilium bgp peers` does, and
// nothing more. One list of the agents' pods, then `cilium bgp peers -o json` in all of them at once, each over a SPDY
// connection of its own, for which client-go has no rate limit. An agent that fails is told and left out.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/remotecommand"

	"github.com/cilium/cilium/api/v1/models"
)

type answer struct {
	node  string
	peers []*models.BgpPeer
	err   error
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "ask-all:", err)
		os.Exit(1)
	}
}

func run() error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	loader := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(clientcmd.NewDefaultClientConfigLoadingRules(), nil)
	config, err := loader.ClientConfig()
	if err != nil {
		return err
	}
	clients, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	pods, err := clients.CoreV1().Pods("kube-system").List(ctx, metav1.ListOptions{LabelSelector: "k8s-app=cilium"})
	if err != nil {
		return err
	}
	answers := make(chan answer)
	for i := range pods.Items {
		go func(pod *corev1.Pod) {
			peers, err := ask(ctx, config, clients, pod)
			answers <- answer{pod.Spec.NodeName, peers, err}
		}(&pods.Items[i])
	}
	peers := map[string][]*models.BgpPeer{}
	for range pods.Items {
		if answer := <-answers; answer.err != nil {
			fmt.Fprintf(os.Stderr, "ask-all: %s: %v\n", answer.node, answer.err)
		} else {
			peers[answer.node] = answer.peers
		}
	}
	if len(peers) == 0 {
		return errors.New("nobody answered")
	}
	return json.NewEncoder(os.Stdout).Encode(peers)
}

func ask(ctx context.Context, config *rest.Config, clients kubernetes.Interface, pod *corev1.Pod) ([]*models.BgpPeer, error) {
	request := clients.CoreV1().RESTClient().Post().Namespace(pod.Namespace).Resource("pods").Name(pod.Name).
		SubResource("exec").VersionedParams(&corev1.PodExecOptions{
		Container: "cilium-agent",
		Command:   []string{"cilium", "bgp", "peers", "-o", "json"},
		Stdout:    true,
		Stderr:    true,
	}, scheme.ParameterCodec)
	executor, err := remotecommand.NewSPDYExecutor(config, http.MethodPost, request.URL())
	if err != nil {
		return nil, err
	}
	var stdout, stderr bytes.Buffer
	if err := executor.StreamWithContext(ctx, remotecommand.StreamOptions{Stdout: &stdout, Stderr: &stderr}); err != nil {
		return nil, err
	}
	if stderr.Len() > 0 {
		return nil, errors.New(stderr.String())
	}
	var peers []*models.BgpPeer
	return peers, json.Unmarshal(stdout.Bytes(), &peers)
}

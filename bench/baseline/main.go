// The program that k8svent is measured against: a shared informer on all pods, and for each URL a keyed work queue
// with 16 workers and a POST of {"pod": ...} for each change. No signature, no store, no order beyond the queue's.
package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	corelisters "k8s.io/client-go/listers/core/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/util/workqueue"
)

const workers = 16

type payload struct {
	Pod *corev1.Pod `json:"pod"`
}

type sender struct {
	client *http.Client
	url    string
	pods   corelisters.PodLister
	queue  workqueue.TypedRateLimitingInterface[string]
}

func main() {
	server := flag.String("server", "", "the API server's URL")
	account := flag.String("account", "", "the folder of a service account")
	ca := flag.String("ca", "", "a PEM file of the authority that the webhooks' certificates are from")
	var urls []string
	flag.Func("url", "a webhook; may be repeated", func(url string) error {
		urls = append(urls, url)
		return nil
	})
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	config := &rest.Config{
		Host:            *server,
		BearerTokenFile: *account + "/token",
		TLSClientConfig: rest.TLSClientConfig{CAFile: *account + "/ca.crt"},
		// The defaults are for people at a terminal.
		QPS:   1000,
		Burst: 1000,
	}
	clientset, err := kubernetes.NewForConfig(config)
	if err != nil {
		log.Fatal(err)
	}
	factory := informers.NewSharedInformerFactory(clientset, 0)
	informer := factory.Core().V1().Pods()
	client := &http.Client{
		Timeout: 15 * time.Second,
		Transport: &http.Transport{
			MaxIdleConnsPerHost: workers * len(urls),
			TLSClientConfig:     &tls.Config{RootCAs: authorities(*ca)},
		},
	}
	var senders []*sender
	for _, url := range urls {
		senders = append(senders, &sender{
			client: client,
			url:    url,
			pods:   informer.Lister(),
			queue:  workqueue.NewTypedRateLimitingQueue(workqueue.DefaultTypedControllerRateLimiter[string]()),
		})
	}
	add := func(object any) {
		key, err := cache.DeletionHandlingMetaNamespaceKeyFunc(object)
		if err != nil {
			return
		}
		for _, s := range senders {
			s.queue.Add(key)
		}
	}
	if _, err := informer.Informer().AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    add,
		UpdateFunc: func(_, object any) { add(object) },
		DeleteFunc: add,
	}); err != nil {
		log.Fatal(err)
	}
	factory.Start(ctx.Done())
	for _, s := range senders {
		for range workers {
			go s.work(ctx)
		}
	}
	<-ctx.Done()
	for _, s := range senders {
		s.queue.ShutDown()
	}
}

// The certificates in a PEM file; nil, which stands for the system's, where there is no file.
func authorities(file string) *x509.CertPool {
	if file == "" {
		return nil
	}
	pem, err := os.ReadFile(file)
	if err != nil {
		log.Fatal(err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		log.Fatalf("%s has no certificate", file)
	}
	return pool
}

func (s *sender) work(ctx context.Context) {
	for {
		key, stopped := s.queue.Get()
		if stopped {
			return
		}
		if err := s.send(ctx, key); err != nil {
			s.queue.AddRateLimited(key)
		} else {
			s.queue.Forget(key)
		}
		s.queue.Done(key)
	}
}

func (s *sender) send(ctx context.Context, key string) error {
	namespace, name, err := cache.SplitMetaNamespaceKey(key)
	if err != nil {
		return nil
	}
	pod, err := s.pods.Pods(namespace).Get(name)
	if err != nil {
		// Gone: what a receiver should hear of it is not known any more.
		return nil
	}
	// The informer's objects lack them.
	pod = pod.DeepCopy()
	pod.APIVersion, pod.Kind, pod.ManagedFields = "v1", "Pod", nil
	body, err := json.Marshal(payload{pod})
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("content-type", "application/json")
	response, err := s.client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return err
	}
	if response.StatusCode >= 300 {
		return fmt.Errorf("status %d", response.StatusCode)
	}
	return nil
}

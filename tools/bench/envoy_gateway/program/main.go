// Envoy Gateway's own command: its server, and what makes the certificates by which its proxies know it.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/envoyproxy/gateway/cmd/envoy-gateway/root"
)

func main() {
	ended, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	if err := root.GetRootCommand(nil).ExecuteContext(ended); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

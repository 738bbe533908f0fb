// The one program in the cluster's images: a gateway, a migration, and the pause container.
package main

import (
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	what := "serve"
	if len(os.Args) > 1 {
		what = os.Args[1]
	}
	switch what {
	case "pause":
		ended := make(chan os.Signal, 1)
		signal.Notify(ended, syscall.SIGTERM, syscall.SIGINT)
		<-ended
	case "migrate":
		fmt.Println("migrating to", os.Getenv("VERSION"))
		if os.Getenv("FAILS") != "" {
			fmt.Println("ERROR: relation \"clients\" does not exist")
			os.Exit(1)
		}
	case "serve":
		serve()
	}
}

// serve ends at once on SIGTERM, as many programs do: what is lost then is what the tests measure.
func serve() {
	if os.Getenv("BROKEN") != "" {
		fmt.Println("FATAL: no such secret: SECRETS_SYSTEM")
		os.Exit(1)
	}
	version, began := os.Getenv("VERSION"), time.Now()
	http.HandleFunc("/", func(out http.ResponseWriter, _ *http.Request) {
		out.Header().Set("Connection", "close")
		fmt.Fprintln(out, version)
	})
	http.HandleFunc("/ready", func(out http.ResponseWriter, _ *http.Request) {
		if time.Since(began) < time.Second {
			out.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	fmt.Println("serving", version)
	if err := http.ListenAndServe(":8080", nil); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

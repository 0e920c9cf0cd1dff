// Reads a dashboard as Grafana's own schema has it: nothing unknown, nothing missing, nothing of another type.
package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/cog/plugins"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
)

func check(err error) {
	// What the library answers for no error is a list of none.
	var found cog.BuildErrors
	if err == nil || errors.As(err, &found) && len(found) == 0 {
		return
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

func main() {
	plugins.RegisterDefaultPlugins()
	text, err := os.ReadFile(os.Args[1])
	check(err)
	read := dashboard.Dashboard{}
	check(read.UnmarshalJSONStrict(text))
	check(read.Validate())
	fmt.Printf("%s: %d panels\n", *read.Title, len(read.Panels))
}

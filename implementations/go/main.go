// Command consumer is the correct consumer on amqp091-go, for all designs: consumer [--defect NAME] DESIGN ROLE.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"syscall"

	"warren/consumer/internal/faults"
	"warren/consumer/internal/instance"
	"warren/consumer/internal/settings"
	"warren/consumer/internal/store"
)

const unsupported = 127

func main() {
	defect := flag.String("defect", "", "run with this one defect")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	if err := run(ctx, *defect, flag.Args()); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, defect string, arguments []string) error {
	if len(arguments) == 1 && arguments[0] == "migrate" {
		database, err := store.Open(settings.ReadDatabase())
		if err != nil {
			return err
		}
		return database.Migrate(ctx)
	}
	if len(arguments) != 2 {
		return fmt.Errorf("usage: consumer [--defect NAME] DESIGN ROLE, or: consumer migrate")
	}
	current, err := settings.Read()
	if err != nil {
		return err
	}
	program, err := instance.New(current, arguments[0], arguments[1])
	if err != nil {
		log.Print(err)
		os.Exit(unsupported)
	}
	if err := faults.Apply(defect, program); err != nil {
		return err
	}
	return program.Run(ctx)
}

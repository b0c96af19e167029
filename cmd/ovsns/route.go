package main

import (
	"context"

	"github.com/urfave/cli/v2"

	"github.com/ovsns/ovsns/cmd/ovsns/internal/cmdline"
	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/switchmgr"
)

func (p *program) routeCommand() *cli.Command {
	return &cli.Command{
		Name:        "route",
		Usage:       "add, delete and list routes of a namespace",
		Description: "DEST is default, a subnet or a single address.",
		Subcommands: []*cli.Command{
			{
				Name:        "add",
				Usage:       "add a route",
				ArgsUsage:   "NS DEST via IP",
				Description: "ovsns route add blue 192.168.137.0/24 via 172.16.10.254\novsns route add blue default via 172.16.10.254",
				Action:      p.action(routeAdd),
			},
			{
				Name:        "delete",
				Usage:       "delete a route",
				ArgsUsage:   "NS DEST via IP",
				Description: "ovsns route delete blue 192.168.137.0/24 via 172.16.10.254",
				Flags:       []cli.Flag{cmdline.Yes()},
				Action:      p.action(routeDelete),
			},
			{
				Name:        "list",
				Usage:       "list the routes, as the kernel has them",
				ArgsUsage:   "NS",
				Description: "ovsns route list blue\novsns route list blue -o json",
				Action:      p.action(routeList),
			},
		},
	}
}

func routeArguments() cmdline.Arguments {
	return cmdline.Arguments{"route add DEST": cmdline.Fixed("default")}
}

// route reads NS DEST via IP.
func route(s *session) (model.Route, error) {
	via, err := model.ParseNextHop(s.arg(3))
	if err != nil {
		return model.Route{}, err
	}
	to, err := model.ParseDestination(s.arg(1), via)
	return model.Route{Namespace: s.arg(0), To: to, Via: via}, err
}

func routeAdd(ctx context.Context, s *session) error {
	r, err := route(s)
	if err != nil {
		return err
	}
	return s.change(ctx, func(ctx context.Context, m *switchmgr.Manager) (*switchmgr.Result, error) {
		return m.AddRoute(ctx, r)
	})
}

func routeDelete(ctx context.Context, s *session) error {
	r, err := route(s)
	if err != nil {
		return err
	}
	return s.change(ctx, func(ctx context.Context, m *switchmgr.Manager) (*switchmgr.Result, error) {
		return m.DeleteRoute(ctx, r)
	})
}

func routeList(ctx context.Context, s *session) error {
	query := func(ctx context.Context, m *switchmgr.Manager) ([]switchmgr.RouteView, error) {
		return m.Routes(ctx, s.arg(0))
	}
	return view(ctx, s, query, s.out.routes)
}

func (w *printer) routes(list []switchmgr.RouteView) error {
	var rows [][]string
	for _, r := range list {
		rows = append(rows, []string{r.To, r.Via, r.Interface, r.Protocol})
	}
	return w.Table("routes", []string{"to", "via", "interface", "protocol"}, rows)
}

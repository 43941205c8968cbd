// Command agent is the part of a Cilium agent that this lab needs, put together from Cilium's own packages: the BGP
// control plane (GoBGP), the L2 announcer with its leases, and the load-balancer tables that both read. It talks to a
// real API server and writes real status. Only the packet path is not Cilium's: dataplane.go says what stands in for it.
//
// One agent runs in each node's network namespace.
package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"time"

	"github.com/cilium/hive/cell"
	"github.com/cilium/statedb"
	"github.com/spf13/pflag"

	daemonk8s "github.com/cilium/cilium/daemon/k8s"
	"github.com/cilium/cilium/pkg/bgp"
	clustermesh "github.com/cilium/cilium/pkg/clustermesh/types"
	"github.com/cilium/cilium/pkg/datapath/tables"
	envoycfg "github.com/cilium/cilium/pkg/envoy/config"
	"github.com/cilium/cilium/pkg/hive"
	"github.com/cilium/cilium/pkg/k8s/client"
	"github.com/cilium/cilium/pkg/k8s/resource"
	"github.com/cilium/cilium/pkg/kpr"
	"github.com/cilium/cilium/pkg/l2announcer"
	"github.com/cilium/cilium/pkg/lbipamconfig"
	"github.com/cilium/cilium/pkg/loadbalancer"
	"github.com/cilium/cilium/pkg/loadbalancer/reflectors"
	"github.com/cilium/cilium/pkg/loadbalancer/writer"
	"github.com/cilium/cilium/pkg/metrics"
	"github.com/cilium/cilium/pkg/node"
	"github.com/cilium/cilium/pkg/node/addressing"
	nodetypes "github.com/cilium/cilium/pkg/node/types"
	"github.com/cilium/cilium/pkg/nodeipamconfig"
	"github.com/cilium/cilium/pkg/option"
	"github.com/cilium/cilium/pkg/source"
	"github.com/cilium/cilium/pkg/svcrouteconfig"
)

var flags struct {
	node, device, socket  string
	nodeIPs               []net.IP
	bgp, l2, statusReport bool
}

func main() {
	fs := pflag.CommandLine
	fs.StringVar(&flags.node, "node", "", "name of the Node and CiliumNode this agent is")
	fs.IPSliceVar(&flags.nodeIPs, "node-ip", nil, "its InternalIPs")
	fs.StringVar(&flags.device, "device", "eth0", "the device that faces the router")
	fs.StringVar(&flags.socket, "socket", "", "unix socket for cilium-dbg")
	fs.BoolVar(&flags.bgp, "bgp", true, "enable-bgp-control-plane")
	fs.BoolVar(&flags.l2, "l2", true, "enable-l2-announcements")
	fs.BoolVar(&flags.statusReport, "status-report", true, "enable-bgp-control-plane-status-report")

	h := hive.New(
		// What the lab is about.
		bgp.Cell,
		l2announcer.Cell,
		cell.Invoke(serveAPI, answerARP, serveVIPs),

		// What they read.
		metrics.Cell,
		client.Cell,
		daemonk8s.ResourcesCell,
		daemonk8s.TablesCell,
		svcrouteconfig.Cell,
		loadbalancer.ConfigCell,
		writer.Cell,
		reflectors.Cell,
		lbipamconfig.Cell,
		nodeipamconfig.Cell,
		node.LocalNodeStoreCell,
		cell.Config(envoycfg.SecretSyncConfig{}),
		cell.Provide(
			tables.NewRouteTable, statedb.RWTable[*tables.Route].ToTable,
			tables.NewDeviceTable, statedb.RWTable[*tables.Device].ToTable,
			tables.NewNodeAddressTable, statedb.RWTable[tables.NodeAddress].ToTable,
			tables.NewL2AnnounceTable,
			func() source.Sources { return source.Sources{} },
			func(object daemonk8s.LocalNodeResource) node.LocalNodeSynchronizer { return localNode{object} },
			func() clustermesh.ClusterInfo { return clustermesh.DefaultClusterInfo },
			func() kpr.KPRConfig { return kpr.KPRConfig{KubeProxyReplacement: true} },
			daemonConfig,
		),
		cell.Invoke(selectDevice, func(*node.LocalNodeStore) {}), // nobody else asks for the store, and all read its table
	)
	h.RegisterFlags(fs)
	pflag.Parse()
	if err := logLikeAContainer(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	nodetypes.SetName(flags.node)
	if err := h.Run(slog.New(slog.NewTextHandler(os.Stderr, nil))); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// daemonConfig holds Cilium's defaults for what the cells above look at.
func daemonConfig() *option.DaemonConfig {
	option.Config = &option.DaemonConfig{
		EnableBGPControlPlane:             flags.bgp,
		EnableBGPControlPlaneStatusReport: flags.statusReport,
		BGPSecretsNamespace:               "kube-system",
		BGPRouterIDAllocationMode:         option.BGPRouterIDAllocationModeDefault,
		EnableL2Announcements:             flags.l2,
		L2AnnouncerLeaseDuration:          15 * time.Second,
		L2AnnouncerRenewDeadline:          5 * time.Second,
		L2AnnouncerRetryPeriod:            2 * time.Second,
		K8sNamespace:                      "kube-system",
		IPAM:                              "kubernetes",
		EnableIPv4:                        true,
		EnableIPv6:                        true,
	}
	return option.Config
}

// localNode takes the addresses from the flags and follows the Node's labels, which a Service's annotations can select.
type localNode struct{ object daemonk8s.LocalNodeResource }

func (l localNode) InitLocalNode(ctx context.Context, n *node.LocalNode) error {
	n.Name = flags.node
	for _, ip := range flags.nodeIPs {
		n.IPAddresses = append(n.IPAddresses, nodetypes.Address{Type: addressing.NodeInternalIP, IP: ip})
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	for event := range l.object.Events(ctx) {
		event.Done(nil)
		if event.Kind == resource.Upsert {
			n.Labels = event.Object.Labels
			return nil
		}
	}
	return ctx.Err()
}

func (l localNode) SyncLocalNode(ctx context.Context, store *node.LocalNodeStore) {
	for event := range l.object.Events(ctx) {
		if event.Kind == resource.Upsert {
			store.Update(func(n *node.LocalNode) { n.Labels = event.Object.Labels })
		}
		event.Done(nil)
	}
}

// selectDevice tells the L2 announcer which device it may announce on.
func selectDevice(db *statedb.DB, devices statedb.RWTable[*tables.Device]) error {
	dev, err := net.InterfaceByName(flags.device)
	if err != nil {
		return err
	}
	txn := db.WriteTxn(devices)
	defer txn.Commit()
	_, _, err = devices.Insert(txn, &tables.Device{
		Index: dev.Index, MTU: dev.MTU, Name: dev.Name, Flags: dev.Flags, Selected: true, OperStatus: "up",
	})
	return err
}

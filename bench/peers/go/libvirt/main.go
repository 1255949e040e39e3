// go-libvirt over one connection on the daemon's socket that stays open: libvirt SOCKET URI.
//
// Reads the name of an operation a line, does it, prints how many seconds it took and how many domains it told of.
// Measured in here, so that the pipe to the bench costs it nothing.
package main

import (
	"bufio"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/digitalocean/go-libvirt"
	"github.com/digitalocean/go-libvirt/socket/dialers"
)

const state = uint32(libvirt.DomainStatsState)

// The six groups that every contender asks for.
const groups = state |
	uint32(libvirt.DomainStatsCPUTotal) |
	uint32(libvirt.DomainStatsBalloon) |
	uint32(libvirt.DomainStatsVCPU) |
	uint32(libvirt.DomainStatsInterface) |
	uint32(libvirt.DomainStatsBlock)

func main() {
	connection := libvirt.NewWithDialer(dialers.NewLocal(dialers.WithSocket(os.Args[1])))
	if err := connection.ConnectToURI(libvirt.ConnectURI(os.Args[2])); err != nil {
		log.Fatal(err)
	}
	fmt.Println("ready")
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		started := time.Now()
		count, err := do(connection, lines.Text())
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(time.Since(started).Seconds(), count)
	}
}

func do(connection *libvirt.Libvirt, operation string) (int, error) {
	mask, flags := groups, libvirt.ConnectGetAllDomainsStatsNowait
	switch operation {
	case "list", "state":
		mask, flags = state, 0
	case "stats":
	default:
		return 0, fmt.Errorf("no operation %q", operation)
	}
	records, err := connection.ConnectGetAllDomainStats(nil, mask, flags)
	return len(records), err
}

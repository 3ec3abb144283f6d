package host

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"time"

	"github.com/ledgersys/ledgersys/internal/clock"
)

// Manager is the service manager that started this process, if it wants to
// hear from it: systemd with Type=notify.
type Manager struct {
	socket   string
	watchdog time.Duration // how often it wants to hear; 0 is never
}

// NewManager reads what a service manager left in the environment.
func NewManager(getenv func(string) string) Manager {
	m := Manager{socket: getenv("NOTIFY_SOCKET")}
	if us, err := strconv.ParseInt(getenv("WATCHDOG_USEC"), 10, 64); err == nil && us > 0 {
		m.watchdog = time.Duration(us) * time.Microsecond
	}
	return m
}

// Say tells the manager something; without one it does nothing.
func (m Manager) Say(ctx context.Context, state string) error {
	if m.socket == "" {
		return nil
	}
	var d net.Dialer
	c, err := d.DialContext(ctx, "unixgram", m.socket)
	if err != nil {
		return fmt.Errorf("service manager: %w", err)
	}
	defer func() { _ = c.Close() }() // a datagram is sent or not
	if _, err := c.Write([]byte(state)); err != nil {
		return fmt.Errorf("service manager: %w", err)
	}
	return nil
}

// Ready tells the manager that the service serves.
func (m Manager) Ready(ctx context.Context) error { return m.Say(ctx, "READY=1") }

// Stopping tells the manager that the service stops.
func (m Manager) Stopping(ctx context.Context) error { return m.Say(ctx, "STOPPING=1") }

// Alive keeps the manager's watchdog quiet for as long as well says that the
// service works.
func (m Manager) Alive(ctx context.Context, now clock.Clock, well func(context.Context) error) {
	if m.socket == "" || m.watchdog == 0 {
		return
	}
	now.Every(ctx, m.watchdog/2, func(ctx context.Context) {
		if well(ctx) == nil {
			_ = m.Say(ctx, "WATCHDOG=1") // a manager that does not hear it acts by itself
		}
	})
}

// Package notify sends mail and alerts and keeps them until they are
// delivered.
package notify

// Package firm keeps firms, their entities, members, grants and invitations.
package firm

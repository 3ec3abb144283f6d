package tenant

// Role is what a person is in a firm, or in an entity that was granted.
type Role string

// The roles.
const (
	Owner    Role = "owner"
	Admin    Role = "admin"
	Reviewer Role = "reviewer"
	Preparer Role = "preparer"
	Billing  Role = "billing"
	Client   Role = "client"
	ReadOnly Role = "read-only"
)

// Roles lists every role, the most powerful first.
func Roles() []Role { return []Role{Owner, Admin, Reviewer, Preparer, Billing, Client, ReadOnly} }

// Valid reports whether a role is one of the list.
func (r Role) Valid() bool { _, ok := table[r]; return ok }

// Area is a part of the product that rights are given for.
type Area uint8

// The areas.
const (
	Records     Area = iota // statements, events, entities: client records
	Connections             // linked exchanges and wallets
	Reporting               // results, years, forms
	Exports                 // files that leave: forms, packs, exports
	Members                 // people, invitations, grants
	Settings                // of the firm
	BillingArea             // plan, invoices
	Audit                   // audit log, security events
	areas
)

var areaNames = [areas]string{"records", "connections", "reporting", "exports", "members", "settings", "billing", "audit"}

// String returns the area's name, as the API shows it.
func (a Area) String() string { return areaNames[a] }

// Areas lists every area.
func Areas() []Area {
	all := make([]Area, areas)
	for i := range all {
		all[i] = Area(i)
	}
	return all
}

// ParseArea returns the area of a name.
func ParseArea(name string) (Area, bool) {
	for i, n := range areaNames {
		if n == name {
			return Area(i), true
		}
	}
	return 0, false
}

// Level is how much of an area a role may do.
type Level uint8

// The levels; each includes the one before.
const (
	None Level = iota
	View
	Edit
)

// String returns the level's name.
func (l Level) String() string { return [...]string{"none", "view", "edit"}[l] }

// Rights is a level for each area.
type Rights [areas]Level

// table is the permission table: what each role may do unless the owner of a
// firm edits it. The one place that says it.
//
//	records connections reporting exports members settings billing audit
var table = map[Role]Rights{
	Owner:    {Edit, Edit, Edit, Edit, Edit, Edit, Edit, Edit},
	Admin:    {Edit, Edit, Edit, Edit, Edit, Edit, View, View},
	Reviewer: {Edit, View, Edit, Edit, View, None, None, View},
	Preparer: {Edit, Edit, Edit, Edit, None, None, None, None},
	Billing:  {None, None, None, None, None, None, Edit, None},
	Client:   {Edit, Edit, View, View, None, None, None, None},
	ReadOnly: {View, View, View, None, None, None, None, None},
}

// DefaultRights returns the table's row of a role; an unknown role has none.
func DefaultRights(r Role) Rights { return table[r] }

// Permission is what a route or a use case asks for.
type Permission struct {
	Area  Area
	Level Level
}

// Need makes a permission.
func Need(a Area, l Level) Permission { return Permission{a, l} }

// String returns "area:level", as the list of routes shows it.
func (p Permission) String() string { return p.Area.String() + ":" + p.Level.String() }

// Allows reports whether the rights cover a permission.
func (r Rights) Allows(p Permission) bool { return r[p.Area] >= p.Level }

package store

// SealedColumns lists what a rotation seals anew, as "table.column".
func SealedColumns(tree string) []string {
	var list []string
	for _, c := range sealedColumns(tree) {
		list = append(list, c.table+"."+c.column)
	}
	return list
}

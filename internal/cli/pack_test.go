package cli_test

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"errors"
	"fmt"
	"html"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// gzipOf packs one file.
func gzipOf(from []string) ([]byte, error) {
	data, err := os.ReadFile(from[0])
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, err = z.Write(data)
	err = errors.Join(err, z.Close())
	return b.Bytes(), err
}

// part is one member of an archive.
type part struct{ name, text string }

func archive(parts []part) ([]byte, error) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, p := range parts {
		w, err := z.Create(p.name)
		if err != nil {
			return nil, err
		}
		if _, err := io.WriteString(w, p.text); err != nil {
			return nil, err
		}
	}
	err := z.Close()
	return b.Bytes(), err
}

// zipOf packs files into one folder of an archive.
func zipOf(from []string) ([]byte, error) {
	var parts []part
	for _, name := range from {
		data, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		parts = append(parts, part{"statements/" + filepath.Base(name), string(data)})
	}
	return archive(parts)
}

// workbookOf makes a workbook with a worksheet of text cells for each CSV file.
func workbookOf(from []string) ([]byte, error) {
	const (
		head = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>`
		main = `xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"`
		rel  = `http://schemas.openxmlformats.org/officeDocument/2006/relationships`
	)
	var sheets, rels, types strings.Builder
	var parts []part
	for i, name := range from {
		file, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		rows, err := csv.NewReader(file).ReadAll()
		if err := errors.Join(err, file.Close()); err != nil {
			return nil, err
		}
		var b strings.Builder
		fmt.Fprintf(&b, `%s<worksheet %s><sheetData>`, head, main)
		for r, row := range rows {
			fmt.Fprintf(&b, `<row r="%d">`, r+1)
			for c, cell := range row {
				fmt.Fprintf(&b, `<c r="%c%d" t="inlineStr"><is><t>%s</t></is></c>`, 'A'+c, r+1, html.EscapeString(cell))
			}
			b.WriteString(`</row>`)
		}
		b.WriteString(`</sheetData></worksheet>`)
		n := i + 1
		parts = append(parts, part{fmt.Sprintf("xl/worksheets/sheet%d.xml", n), b.String()})
		fmt.Fprintf(&sheets, `<sheet name="Sheet%d" sheetId="%d" r:id="rId%d"/>`, n, n, n)
		fmt.Fprintf(&rels, `<Relationship Id="rId%d" Type="%s/worksheet" Target="worksheets/sheet%d.xml"/>`, n, rel, n)
		fmt.Fprintf(&types, `<Override PartName="/xl/worksheets/sheet%d.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>`, n)
	}
	const relations = `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">`
	parts = append([]part{
		{"[Content_Types].xml", head + `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>` + types.String() + `</Types>`},
		{"_rels/.rels", head + relations + `<Relationship Id="rId1" Type="` + rel + `/officeDocument" Target="xl/workbook.xml"/></Relationships>`},
		{"xl/workbook.xml", head + `<workbook ` + main + `><sheets>` + sheets.String() + `</sheets></workbook>`},
		{"xl/_rels/workbook.xml.rels", head + relations + rels.String() + `</Relationships>`},
	}, parts...)
	return archive(parts)
}

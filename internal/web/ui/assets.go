package ui

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"path"
	"unicode"
)

// assets are the files that browsers load. All of them come from this
// binary; their licences lie beside them and are shown on the page of licences.
//
//go:embed assets
var assets embed.FS

// Files returns the assets by name, without folder.
func Files() fs.FS {
	sub, err := fs.Sub(assets, "assets")
	if err != nil {
		return assets // never: the folder is embedded
	}
	return sub
}

// Stamp names this set of files, so that browsers may keep them for good.
func Stamp() string {
	sum := sha256.New()
	err := fs.WalkDir(Files(), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := fs.ReadFile(Files(), name)
		sum.Write([]byte(name))
		sum.Write(b)
		return err
	})
	if err != nil {
		return "0"
	}
	return hex.EncodeToString(sum.Sum(nil))[:12]
}

// MediaType is the type of an asset.
func MediaType(name string) string {
	switch path.Ext(name) {
	case ".css":
		return "text/css; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".svg":
		return "image/svg+xml; charset=utf-8"
	case ".woff2":
		return "font/woff2"
	case ".txt":
		return "text/plain; charset=utf-8"
	case ".png":
		return "image/png"
	default:
		return "application/octet-stream"
	}
}

func upper(r rune) rune { return unicode.ToUpper(r) }

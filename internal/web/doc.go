// Package web serves the pages and the JSON API.
package web

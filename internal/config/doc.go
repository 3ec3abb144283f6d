// Package config reads settings: flag before environment before file before
// default. An unknown name stops the start and names the nearest.
package config

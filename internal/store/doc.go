// Package store keeps everything in SQLite or PostgreSQL. It is the only
// package that imports gorm, and no gorm type appears in its exported API.
package store

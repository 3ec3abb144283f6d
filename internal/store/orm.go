package store

import (
	"context"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

// newORM makes a gorm that names its columns, never values, and takes the time
// from the clock.
func (s *Store) newORM(d gorm.Dialector) (*gorm.DB, error) {
	return gorm.Open(d, &gorm.Config{
		SkipDefaultTransaction: true, // there is always one
		QueryFields:            true, // never SELECT *
		TranslateError:         true,
		DisableAutomaticPing:   true,
		NowFunc:                s.now,
		Logger:                 queryLog{},
	})
}

// queryLog logs nothing: errors are returned, and a transaction that takes
// long is logged as a whole. gorm's own log would print values.
type queryLog struct{}

// LogMode implements logger.Interface.
func (l queryLog) LogMode(logger.LogLevel) logger.Interface { return l }

// Info implements logger.Interface.
func (queryLog) Info(context.Context, string, ...any) {}

// Warn implements logger.Interface.
func (queryLog) Warn(context.Context, string, ...any) {}

// Error implements logger.Interface.
func (queryLog) Error(context.Context, string, ...any) {}

// Trace implements logger.Interface.
func (queryLog) Trace(context.Context, time.Time, func() (string, int64), error) {}

package web

import (
	"errors"
	"io"
	"mime/multipart"

	"github.com/labstack/echo/v4"

	"github.com/ledgersys/ledgersys/internal/fault"
)

const partsKey = "parts"

// parts returns the parts of a form with files, one after the other. Nothing
// of them is kept in memory or on disk by us: what people upload is not to lie
// about in temporary files.
func parts(c echo.Context) (*multipart.Reader, error) {
	if mr, ok := c.Get(partsKey).(*multipart.Reader); ok {
		return mr, nil
	}
	mr, err := c.Request().MultipartReader()
	if err != nil {
		return nil, fault.New(fault.Malformed, err, "This is not a form with files.")
	}
	c.Set(partsKey, mr)
	return mr, nil
}

// firstField reads the first part of a form with files if it has that name.
func firstField(c echo.Context, name string) string {
	mr, err := parts(c)
	if err != nil {
		return ""
	}
	p, err := mr.NextPart()
	if err != nil || p.FormName() != name {
		return ""
	}
	value, err := field(p)
	if err != nil {
		return ""
	}
	return value
}

// maxField is the longest value of a field that is no file.
const maxField = 64 << 10

// field reads a part that is no file.
func field(p *multipart.Part) (string, error) {
	b, err := io.ReadAll(io.LimitReader(p, maxField+1))
	if err == nil && len(b) > maxField {
		err = fault.New(fault.TooLarge, nil, "A field of this form is too long.")
	}
	if err == nil {
		err = noPrivateKey(string(b))
	}
	return string(b), err
}

// eachPart calls f with every remaining part. An end that is missing is an
// error: half an upload is none.
func eachPart(c echo.Context, f func(*multipart.Part) error) error {
	mr, err := parts(c)
	if err != nil {
		return err
	}
	for {
		p, err := mr.NextPart()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return cutShort(err)
		}
		if err := f(p); err != nil {
			return err
		}
	}
}

// cutShort marks what went wrong while a body was read.
func cutShort(err error) error {
	if marked := outside(err); fault.Of(marked).Kind != fault.Internal {
		return marked
	}
	return fault.New(fault.Malformed, err, "The upload ended before it was complete.")
}

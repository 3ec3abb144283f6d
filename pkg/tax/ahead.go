package tax

// rowsAhead is how many disposals or lots before their rows the events behind
// them are read.
const rowsAhead = 4

// legsAhead is how many of the legs of one disposal are worth it.
const legsAhead = 8

// Ahead reads the events behind a disposal that comes a few after the i-th.
// Events lie far apart, and whoever writes a row for each leg would wait for the
// memory of each; read ahead, while other rows are written, they are there in
// time. The result means nothing; it must be kept so that the reading is not
// left out.
func (r *Return) Ahead(i int) (nothing uint32) {
	if i += rowsAhead; i < len(r.Disposals) {
		legs := r.Disposals[i].Legs
		for k := range legs[:min(len(legs), legsAhead)] {
			nothing += r.touch(legs[k].Lot)
		}
	}
	return nothing
}

// LotAhead is Ahead for the event of a lot that comes a few after the i-th of a
// list.
func (r *Return) LotAhead(list []Lot, i int) (nothing uint32) {
	if i += rowsAhead; i < len(list) {
		return r.touch(list[i].Event)
	}
	return 0
}

func (r *Return) touch(event int32) uint32 {
	if event == NoEvent {
		return 0
	}
	e := &r.Book.Events[event]
	return uint32(e.ID[0]) + e.Origin.Line
}

package web

import (
	"context"
	"net/http"
	"time"

	"github.com/ledgersys/ledgersys/internal/firm"
	"github.com/ledgersys/ledgersys/internal/keyring"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// peopleAPI registers the operations on members, roles and invitations.
func (s *Site) peopleAPI(r *router) {
	if s.cfg.Firms == nil {
		return
	}
	view, edit := need(tenant.Members, tenant.View), need(tenant.Members, tenant.Edit)
	operation(r, call{method: http.MethodGet, path: apiFirm + "/members", id: "list-members", group: "People", summary: "The people of a firm"}, view, s.listMembers)
	operation(r, call{
		method: http.MethodPatch, path: apiFirm + "/members/{user}", id: "change-member", group: "People", summary: "Give somebody another role or other clients",
		about: "Their sessions end. The last owner of a firm stays one.",
	}, edit, s.changeMember)
	operation(r, call{method: http.MethodDelete, path: apiFirm + "/members/{user}", id: "remove-member", group: "People", summary: "Take somebody out of a firm", status: http.StatusNoContent}, edit, s.removeMember)
	operation(r, call{method: http.MethodGet, path: apiFirm + "/roles", id: "list-roles", group: "People", summary: "The roles of a firm and what each may do"}, view, s.listRoles)
	operation(r, call{
		method: http.MethodPut, path: apiFirm + "/roles/{role}", id: "set-role", group: "People", summary: "Edit what a role may do", status: http.StatusNoContent,
		about: "Only an owner may, and what an owner may do is not edited. It holds from the next request on.",
	}, edit, s.setRole)
	operation(r, call{method: http.MethodGet, path: apiFirm + "/invitations", id: "list-invitations", group: "People", summary: "Invitations that are open"}, view, s.listInvitations)
	operation(r, call{
		method: http.MethodPost, path: apiFirm + "/invitations", id: "create-invitation", group: "People", summary: "Invite somebody", status: http.StatusCreated,
		about: "The link is mailed; without a mail server it is in the answer, once.",
	}, edit, s.createInvitation, costly())
	operation(r, call{method: http.MethodDelete, path: apiFirm + "/invitations/{invitation}", id: "revoke-invitation", group: "People", summary: "Take an invitation back", status: http.StatusNoContent}, edit, s.revokeInvitation)
	operation(r, call{method: http.MethodPost, path: "/api/v1/invitations/accept", id: "accept-invitation", group: "People", summary: "Accept an invitation with the token of its link"}, signedIn(), s.acceptInvitation, costly())
}

// memberView is somebody in a firm.
type memberView struct {
	User         string      `json:"user"`
	Email        string      `json:"email"`
	Name         string      `json:"name"`
	Role         tenant.Role `json:"role"`
	Entities     []string    `json:"entities" doc:"The clients they see; null is all"`
	SecondFactor bool        `json:"second_factor"`
	Since        time.Time   `json:"since"`
}

func newMemberView(m firm.Member) memberView {
	return memberView{
		User: m.User.String(), Email: m.Person.Email, Name: m.Person.Name, Role: m.Role, Entities: idTexts(m.Entities),
		SecondFactor: m.Person.SecondFactor, Since: m.Since,
	}
}

func idTexts(ids []tenant.ID) []string {
	if ids == nil {
		return nil
	}
	texts := make([]string, len(ids))
	for i, id := range ids {
		texts[i] = id.String()
	}
	return texts
}

func idsOfTexts(field string, texts []string) ([]tenant.ID, error) {
	if texts == nil {
		return nil, nil
	}
	ids := make([]tenant.ID, len(texts))
	for i, text := range texts {
		var err error
		if ids[i], err = tenant.ParseID(text); err != nil {
			return nil, wrongField(field, "id", "An id has 32 hex digits.")
		}
	}
	return ids, nil
}

func (s *Site) listMembers(ctx context.Context, _ *FirmAt) (*struct{ Body list[memberView] }, error) {
	all, err := s.cfg.Firms.Members(ctx, scopeOf(ctx))
	if err != nil {
		return nil, err
	}
	items := []memberView{}
	for _, m := range all {
		items = append(items, newMemberView(m))
	}
	return &struct{ Body list[memberView] }{list[memberView]{Items: items}}, nil
}

// MemberAt is the address of a member.
type MemberAt struct {
	FirmAt
	User string `path:"user"`
}

func (a MemberAt) id() (tenant.UserID, error) {
	id, err := tenant.ParseID(a.User)
	if err != nil {
		return id, notFound(err)
	}
	return id, nil
}

// memberChangeIn is what is to be changed about a member.
type memberChangeIn struct {
	MemberAt
	Body struct {
		Role     *tenant.Role `json:"role,omitempty"`
		Entities *[]string    `json:"entities,omitempty" doc:"The clients they see"`
		All      *bool        `json:"all_entities,omitempty" doc:"They see all clients"`
	}
}

func (s *Site) changeMember(ctx context.Context, in *memberChangeIn) (*struct{ Body memberView }, error) {
	user, err := in.id()
	if err != nil {
		return nil, err
	}
	c := firm.MemberChange{Role: in.Body.Role}
	if in.Body.Entities != nil {
		ids, err := idsOfTexts("entities", *in.Body.Entities)
		if err != nil {
			return nil, err
		}
		c.Entities = &ids
	}
	if in.Body.All != nil && *in.Body.All {
		c.Entities = new([]tenant.EntityID(nil))
	}
	m, err := s.cfg.Firms.ChangeMember(ctx, scopeOf(ctx), user, c)
	if err != nil {
		return nil, err
	}
	return &struct{ Body memberView }{newMemberView(m)}, nil
}

func (s *Site) removeMember(ctx context.Context, in *MemberAt) (*struct{}, error) {
	user, err := in.id()
	if err != nil {
		return nil, err
	}
	return nil, s.cfg.Firms.Remove(ctx, scopeOf(ctx), user)
}

// roleView is a role and what it may do, by area.
type roleView struct {
	Role   tenant.Role       `json:"role"`
	Rights map[string]string `json:"rights" doc:"none, view or edit for each area"`
	Edited bool              `json:"edited"`
}

func (s *Site) listRoles(ctx context.Context, _ *FirmAt) (*struct{ Body list[roleView] }, error) {
	all, err := s.cfg.Firms.Roles(ctx, scopeOf(ctx))
	if err != nil {
		return nil, err
	}
	items := []roleView{}
	for _, r := range all {
		v := roleView{Role: r.Role, Edited: r.Edited, Rights: make(map[string]string)}
		for _, a := range tenant.Areas() {
			v.Rights[a.String()] = r.Rights[a].String()
		}
		items = append(items, v)
	}
	return &struct{ Body list[roleView] }{list[roleView]{Items: items}}, nil
}

// roleIn is what a role may do.
type roleIn struct {
	FirmAt
	Role string `path:"role"`
	Body struct {
		Rights map[string]string `json:"rights" doc:"none, view or edit; an area that is not named is none"`
	}
}

func (s *Site) setRole(ctx context.Context, in *roleIn) (*struct{}, error) {
	rights, err := rightsOfWords(in.Body.Rights)
	if err != nil {
		return nil, err
	}
	return nil, s.cfg.Firms.SetRights(ctx, scopeOf(ctx), tenant.Role(in.Role), rights)
}

// rightsOfWords reads a level for each area.
func rightsOfWords(words map[string]string) (r tenant.Rights, err error) {
	for name, level := range words {
		area, ok := tenant.ParseArea(name)
		if !ok {
			return r, wrongField("rights", "area", "There is no area "+name+".")
		}
		switch level {
		case "none":
		case "view":
			r[area] = tenant.View
		case "edit":
			r[area] = tenant.Edit
		default:
			return r, wrongField("rights", "level", "A level is none, view or edit.")
		}
	}
	return r, nil
}

// invitationView is an invitation.
type invitationView struct {
	ID       string      `json:"id"`
	Email    string      `json:"email"`
	Role     tenant.Role `json:"role"`
	Entities []string    `json:"entities"`
	Created  time.Time   `json:"created"`
	Expires  time.Time   `json:"expires"`
	Link     string      `json:"link,omitempty" doc:"Only in the answer to its making, and only without a mail server"`
}

func newInvitationView(i firm.Invitation, link string) invitationView {
	return invitationView{ID: i.ID.String(), Email: i.Email, Role: i.Role, Entities: idTexts(i.Entities), Created: i.Created, Expires: i.Expires, Link: link}
}

func (s *Site) listInvitations(ctx context.Context, _ *FirmAt) (*struct{ Body list[invitationView] }, error) {
	all, err := s.cfg.Firms.Invitations(ctx, scopeOf(ctx))
	if err != nil {
		return nil, err
	}
	items := []invitationView{}
	for _, i := range all {
		items = append(items, newInvitationView(i, ""))
	}
	return &struct{ Body list[invitationView] }{list[invitationView]{Items: items}}, nil
}

// invitationIn is who is invited.
type invitationIn struct {
	FirmAt
	Body struct {
		Email    string      `json:"email"`
		Role     tenant.Role `json:"role,omitempty" doc:"read-only if it is not given"`
		Entities []string    `json:"entities,omitempty" doc:"The clients they will see; all if it is not given"`
	}
}

func (s *Site) createInvitation(ctx context.Context, in *invitationIn) (*struct{ Body invitationView }, error) {
	ids, err := idsOfTexts("entities", in.Body.Entities)
	if err != nil {
		return nil, err
	}
	i, link, err := s.cfg.Firms.Invite(ctx, scopeOf(ctx), firm.Invitation{Email: in.Body.Email, Role: in.Body.Role, Entities: ids})
	if err != nil {
		return nil, err
	}
	return &struct{ Body invitationView }{newInvitationView(i, link)}, nil
}

func (s *Site) revokeInvitation(ctx context.Context, in *struct {
	FirmAt
	Invitation string `path:"invitation"`
},
) (*struct{}, error) {
	id, err := tenant.ParseID(in.Invitation)
	if err != nil {
		return nil, notFound(err)
	}
	return nil, s.cfg.Firms.Revoke(ctx, scopeOf(ctx), id)
}

func (s *Site) acceptInvitation(ctx context.Context, in *struct {
	Body struct {
		Token string `json:"token"`
	}
},
) (*struct{ Body memberView }, error) {
	m, err := s.cfg.Firms.Accept(ctx, identityOf(ctx), keyring.NewSecret([]byte(in.Body.Token)))
	if err != nil {
		return nil, err
	}
	return &struct{ Body memberView }{newMemberView(m)}, nil
}

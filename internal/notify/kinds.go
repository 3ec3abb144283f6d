package notify

// Kind names a mail.
type Kind string

// The mails. Those about security go out whatever a person has switched off.
const (
	ConfirmAddress    Kind = "confirm_address"
	ResetAccess       Kind = "reset_access"
	AccountExists     Kind = "account_exists"
	SignInCode        Kind = "sign_in_code"
	NewDevice         Kind = "new_device"
	AccountLocked     Kind = "account_locked"
	PasswordChanged   Kind = "password_changed"
	FactorChanged     Kind = "factor_changed"
	AddressChanged    Kind = "address_changed"
	SessionsRevoked   Kind = "sessions_revoked"
	TokenCreated      Kind = "token_created"
	Invited           Kind = "invited"
	RoleChanged       Kind = "role_changed"
	MemberRemoved     Kind = "member_removed"
	ShareOffered      Kind = "share_offered"
	ShareRequested    Kind = "share_requested"
	ShareAccepted     Kind = "share_accepted"
	ShareGranted      Kind = "share_granted"
	ShareEnded        Kind = "share_ended"
	Question          Kind = "question"
	ImportFinished    Kind = "import_finished"
	SyncFailing       Kind = "sync_failing"
	KeyPowerChanged   Kind = "key_power_changed"
	KeyNeedsReauth    Kind = "key_needs_reauth"
	IssuesSummary     Kind = "issues_summary"
	ReportReady       Kind = "report_ready"
	YearLocked        Kind = "year_locked"
	YearUnlocked      Kind = "year_unlocked"
	ExportReady       Kind = "export_ready"
	DeletionScheduled Kind = "deletion_scheduled"
	DeletionDone      Kind = "deletion_done"
	StaffAccess       Kind = "staff_access"
	IncidentNotice    Kind = "incident_notice"
	InvoiceCreated    Kind = "invoice_created"
	InvoicePartial    Kind = "invoice_partial"
	InvoicePartOver   Kind = "invoice_partial_over"
	InvoicePaid       Kind = "invoice_paid"
	InvoiceLate       Kind = "invoice_late"
	InvoiceOver       Kind = "invoice_over"
	InvoiceInvalid    Kind = "invoice_invalid"
	InvoiceExpired    Kind = "invoice_expired"
	InvoiceCredit     Kind = "invoice_credit"
	RefundWanted      Kind = "refund_wanted"
	InvoiceRefund     Kind = "invoice_refund"
	RefundLink        Kind = "refund_link"
	Refunded          Kind = "refunded"
	CardFailed        Kind = "card_failed"
	RenewalDue        Kind = "renewal_due"
	PlanEndsToday     Kind = "plan_ends_today"
	PlanRanOut        Kind = "plan_ran_out"
	GraceEnded        Kind = "grace_ended"
	OperatorAlert     Kind = "operator_alert"
	Checkpoint        Kind = "checkpoint"
)

// kind is what is particular about a mail.
type kind struct {
	optional bool // a person can switch it off: it says where
}

// kinds are all mails.
var kinds = map[Kind]kind{
	ConfirmAddress: {}, ResetAccess: {}, AccountExists: {}, SignInCode: {}, NewDevice: {}, AccountLocked: {}, PasswordChanged: {},
	FactorChanged: {}, AddressChanged: {}, SessionsRevoked: {}, TokenCreated: {}, Invited: {}, RoleChanged: {}, MemberRemoved: {},
	ShareOffered: {}, ShareRequested: {}, ShareAccepted: {}, ShareGranted: {}, ShareEnded: {}, KeyPowerChanged: {}, KeyNeedsReauth: {}, StaffAccess: {},
	IncidentNotice: {}, DeletionScheduled: {}, DeletionDone: {}, OperatorAlert: {}, Checkpoint: {},
	Question: {optional: true}, ImportFinished: {optional: true}, SyncFailing: {optional: true}, IssuesSummary: {optional: true},
	ReportReady: {optional: true}, YearLocked: {optional: true}, YearUnlocked: {optional: true}, ExportReady: {optional: true},
	InvoiceCreated: {}, InvoicePartial: {}, InvoicePartOver: {}, InvoicePaid: {}, InvoiceLate: {}, InvoiceOver: {}, InvoiceInvalid: {}, InvoiceExpired: {},
	InvoiceCredit: {}, RefundWanted: {}, InvoiceRefund: {}, RefundLink: {}, Refunded: {}, CardFailed: {}, RenewalDue: {},
	PlanEndsToday: {}, PlanRanOut: {}, GraceEnded: {},
}

// settingsPath is where a person switches optional mails off.
const settingsPath = "/account/security"

// Kinds lists every mail, for tests that look at all of them.
func Kinds() []Kind {
	all := make([]Kind, 0, len(kinds))
	for k := range kinds {
		all = append(all, k)
	}
	return all
}

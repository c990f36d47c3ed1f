CREATE TABLE "reconcile_cursors" (
	"account" text NOT NULL,
	"route" text NOT NULL,
	"scope" text NOT NULL,
	"read_until" timestamp (3) with time zone NOT NULL,
	"read_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "reconcile_cursors_account_route_scope_pk" PRIMARY KEY("account","route","scope")
);

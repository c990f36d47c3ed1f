CREATE TABLE "event_copies" (
	"account" text NOT NULL,
	"id" uuid NOT NULL,
	"received_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "event_copies_account_id_received_at_pk" PRIMARY KEY("account","id","received_at")
);
--> statement-breakpoint
CREATE TABLE "gaps" (
	"account" text NOT NULL,
	"kind" text NOT NULL,
	"entity" text NOT NULL,
	"business_number" text,
	"hour" timestamp (3) with time zone NOT NULL,
	"missing" text NOT NULL,
	"detected_at" timestamp (3) with time zone NOT NULL,
	"healed_at" timestamp (3) with time zone,
	"healed_by" text,
	CONSTRAINT "gaps_account_kind_entity_pk" PRIMARY KEY("account","kind","entity")
);
--> statement-breakpoint
CREATE TABLE "held_calls" (
	"account" text NOT NULL,
	"call_id" text NOT NULL,
	"held_at" timestamp (3) with time zone NOT NULL,
	"started_at" timestamp (3) with time zone NOT NULL,
	"ended_at" timestamp (3) with time zone,
	"business_number" text,
	"findings" jsonb NOT NULL,
	CONSTRAINT "held_calls_account_call_id_pk" PRIMARY KEY("account","call_id")
);
--> statement-breakpoint
CREATE TABLE "reconcile_cursors" (
	"account" text NOT NULL,
	"route" text NOT NULL,
	"scope" text NOT NULL,
	"read_until" timestamp (3) with time zone NOT NULL,
	"read_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "reconcile_cursors_account_route_scope_pk" PRIMARY KEY("account","route","scope")
);
--> statement-breakpoint
CREATE INDEX "event_copies_received" ON "event_copies" USING btree ("account","received_at");--> statement-breakpoint
CREATE INDEX "gaps_hour" ON "gaps" USING btree ("account","hour");--> statement-breakpoint
CREATE INDEX "gaps_open" ON "gaps" USING btree ("account") WHERE healed_at is null;
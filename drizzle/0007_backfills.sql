CREATE TABLE "backfill_routes" (
	"backfill_id" bigint NOT NULL,
	"route" text NOT NULL,
	"read_from" timestamp (3) with time zone NOT NULL,
	"rows" integer NOT NULL,
	"requests" integer NOT NULL,
	CONSTRAINT "backfill_routes_backfill_id_route_pk" PRIMARY KEY("backfill_id","route")
);
--> statement-breakpoint
CREATE TABLE "backfills" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "backfills_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"account" text NOT NULL,
	"since" timestamp (3) with time zone NOT NULL,
	"until" timestamp (3) with time zone NOT NULL,
	"until_asked" timestamp (3) with time zone,
	"state" text NOT NULL,
	"started_at" timestamp (3) with time zone NOT NULL,
	"finished_at" timestamp (3) with time zone,
	"waits_for" text,
	"waits_until" timestamp (3) with time zone,
	"failed_code" text,
	"failed_reason" text
);
--> statement-breakpoint
CREATE UNIQUE INDEX "backfills_running" ON "backfills" USING btree ("account") WHERE state = 'running';--> statement-breakpoint
CREATE INDEX "backfills_asked" ON "backfills" USING btree ("account","since");
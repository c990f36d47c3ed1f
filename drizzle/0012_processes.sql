CREATE TABLE "alarms" (
	"process" text NOT NULL,
	"name" text NOT NULL,
	"subject" text NOT NULL,
	"since" timestamp (3) with time zone NOT NULL,
	"last_seen_at" timestamp (3) with time zone NOT NULL,
	"count" bigint NOT NULL,
	"resolved_at" timestamp (3) with time zone,
	CONSTRAINT "alarms_process_name_subject_pk" PRIMARY KEY("process","name","subject")
);
--> statement-breakpoint
CREATE TABLE "processes" (
	"name" text PRIMARY KEY NOT NULL,
	"roles" text[] NOT NULL,
	"version" text NOT NULL,
	"started_at" timestamp (3) with time zone NOT NULL,
	"seen_at" timestamp (3) with time zone NOT NULL,
	"stopped_at" timestamp (3) with time zone,
	"spool_records" bigint,
	"spool_bytes" bigint,
	"spool_set_aside" integer
);
--> statement-breakpoint
ALTER TABLE "holes" ADD COLUMN "lost_records" bigint;--> statement-breakpoint
ALTER TABLE "holes" ADD COLUMN "lost_after" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "holes" ADD COLUMN "lost_before" timestamp (3) with time zone;
CREATE TABLE "dead_letter_actions" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "dead_letter_actions_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"letter_id" bigint NOT NULL,
	"action" text NOT NULL,
	"acted_by" text NOT NULL,
	"code" text,
	"reason" text,
	"acted_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "projector_stops" (
	"consumer_group" text PRIMARY KEY NOT NULL,
	"log_id" text NOT NULL,
	"topic" text NOT NULL,
	"partition" integer NOT NULL,
	"last_offset" bigint NOT NULL,
	"records" integer NOT NULL,
	"failed" integer NOT NULL,
	"code" text NOT NULL,
	"stopped_at" timestamp (3) with time zone NOT NULL,
	"resumed_at" timestamp (3) with time zone,
	"resumed_by" text
);
--> statement-breakpoint
DROP INDEX "dead_letters_died";--> statement-breakpoint
ALTER TABLE "dead_letters" DROP CONSTRAINT "dead_letters_log_id_topic_partition_record_offset_pk";--> statement-breakpoint
ALTER TABLE "dead_letters" ADD COLUMN "id" bigint PRIMARY KEY NOT NULL GENERATED ALWAYS AS IDENTITY (sequence name "dead_letters_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1);--> statement-breakpoint
ALTER TABLE "dead_letters" ADD COLUMN "account" text;--> statement-breakpoint
ALTER TABLE "dead_letters" ADD COLUMN "state" text DEFAULT 'dead' NOT NULL;--> statement-breakpoint
CREATE INDEX "dead_letter_actions_letter" ON "dead_letter_actions" USING btree ("letter_id","id");--> statement-breakpoint
CREATE UNIQUE INDEX "dead_letters_record" ON "dead_letters" USING btree ("log_id","topic","partition","record_offset","record_id");--> statement-breakpoint
CREATE INDEX "dead_letters_died" ON "dead_letters" USING btree ("died_at","id");--> statement-breakpoint
UPDATE "dead_letters" SET "account" = substring("headers"->>'ce_source' from '^/mightycall/([a-z0-9-]{1,32})/');
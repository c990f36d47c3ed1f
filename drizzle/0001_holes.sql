CREATE TABLE "holes" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "holes_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"log_id" text NOT NULL,
	"consumer_group" text NOT NULL,
	"topic" text NOT NULL,
	"partition" integer NOT NULL,
	"reason" text NOT NULL,
	"checkpoint_offset" bigint NOT NULL,
	"first_offset" bigint,
	"end_offset" bigint,
	"detected_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE INDEX "call_history_client_name" ON "call_history" USING btree ("client_name") WHERE client_name is not null;--> statement-breakpoint
CREATE INDEX "call_history_open" ON "call_history" USING btree ("started_at","account","call_id") WHERE state <> 'ended';
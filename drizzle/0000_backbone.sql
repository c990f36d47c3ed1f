CREATE TABLE "call_history" (
	"account" text NOT NULL,
	"call_id" text NOT NULL,
	"direction" text NOT NULL,
	"state" text NOT NULL,
	"outcome" text,
	"business_number" text,
	"client_number" text,
	"client_name" text,
	"started_at" timestamp (3) with time zone NOT NULL,
	"answered_at" timestamp (3) with time zone,
	"ended_at" timestamp (3) with time zone,
	"wait_seconds" double precision,
	"talk_seconds" double precision,
	"answered_by" text,
	"last_event_at" timestamp (3) with time zone NOT NULL,
	"webhook_events" integer NOT NULL,
	"rest_events" integer NOT NULL,
	CONSTRAINT "call_history_account_call_id_pk" PRIMARY KEY("account","call_id")
);
--> statement-breakpoint
CREATE TABLE "call_legs" (
	"account" text NOT NULL,
	"call_id" text NOT NULL,
	"extension" text NOT NULL,
	"attempt" smallint NOT NULL,
	"role" text NOT NULL,
	"ringing_at" timestamp (3) with time zone,
	"connected_at" timestamp (3) with time zone,
	"ended_at" timestamp (3) with time zone,
	CONSTRAINT "call_legs_account_call_id_extension_attempt_pk" PRIMARY KEY("account","call_id","extension","attempt")
);
--> statement-breakpoint
CREATE TABLE "checkpoints" (
	"log_id" text NOT NULL,
	"consumer_group" text NOT NULL,
	"topic" text NOT NULL,
	"partition" integer NOT NULL,
	"last_offset" bigint NOT NULL,
	"last_id" text,
	"updated_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "checkpoints_log_id_consumer_group_topic_partition_pk" PRIMARY KEY("log_id","consumer_group","topic","partition")
);
--> statement-breakpoint
CREATE TABLE "dead_letters" (
	"log_id" text NOT NULL,
	"topic" text NOT NULL,
	"partition" integer NOT NULL,
	"record_offset" bigint NOT NULL,
	"record_id" text NOT NULL,
	"code" text NOT NULL,
	"reason" text NOT NULL,
	"key" "bytea",
	"value" "bytea",
	"headers" jsonb NOT NULL,
	"died_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "dead_letters_log_id_topic_partition_record_offset_pk" PRIMARY KEY("log_id","topic","partition","record_offset")
);
--> statement-breakpoint
CREATE TABLE "entities" (
	"account" text NOT NULL,
	"kind" text NOT NULL,
	"entity" text NOT NULL,
	"fold_version" integer NOT NULL,
	"failed" text,
	CONSTRAINT "entities_account_kind_entity_pk" PRIMARY KEY("account","kind","entity")
);
--> statement-breakpoint
CREATE TABLE "events" (
	"account" text NOT NULL,
	"kind" text NOT NULL,
	"entity" text NOT NULL,
	"id" uuid NOT NULL,
	"type" text NOT NULL,
	"source" text NOT NULL,
	"occurred_at" timestamp (3) with time zone NOT NULL,
	"received_at" timestamp (3) with time zone NOT NULL,
	"fields" jsonb NOT NULL,
	"raw" "bytea" NOT NULL,
	"raw_is_json" boolean NOT NULL,
	CONSTRAINT "events_account_kind_entity_id_pk" PRIMARY KEY("account","kind","entity","id")
) PARTITION BY HASH ("account", "entity");
--> statement-breakpoint
DO $$ BEGIN
	FOR i IN 0..15 LOOP
		EXECUTE format('CREATE TABLE events_%s PARTITION OF events FOR VALUES WITH (MODULUS 16, REMAINDER %s)', i, i);
	END LOOP;
END $$;
--> statement-breakpoint
CREATE INDEX "call_history_started" ON "call_history" USING btree ("started_at","account","call_id");--> statement-breakpoint
CREATE INDEX "call_history_call" ON "call_history" USING btree ("call_id");--> statement-breakpoint
CREATE INDEX "call_history_business_number" ON "call_history" USING btree ("business_number","started_at","account","call_id");--> statement-breakpoint
CREATE INDEX "call_history_client" ON "call_history" USING btree ("client_number","started_at","account","call_id");--> statement-breakpoint
CREATE INDEX "call_legs_extension" ON "call_legs" USING btree ("extension","account","call_id");--> statement-breakpoint
CREATE INDEX "dead_letters_died" ON "dead_letters" USING btree ("died_at");--> statement-breakpoint
CREATE INDEX "entities_failed" ON "entities" USING btree ("failed");--> statement-breakpoint
CREATE INDEX "events_received" ON "events" USING btree ("account","received_at","id");
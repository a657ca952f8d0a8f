BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0001');
CREATE TABLE messages (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	provider VARCHAR(200) NOT NULL, 
	ref VARCHAR(64) NOT NULL, 
	number INTEGER NOT NULL, 
	content VARCHAR(64) NOT NULL, 
	channel VARCHAR(8) NOT NULL, 
	code TEXT, 
	text TEXT, 
	phone_from TEXT, 
	url TEXT, 
	service TEXT, 
	received_at DATETIME, 
	seen_at DATETIME NOT NULL, 
	via VARCHAR(8) NOT NULL, 
	UNIQUE (provider, ref, content, number)
);
INSERT INTO "messages" VALUES(1,'sandbox','3936327951',1,'9a21619cac392bd9c80725b2161b033efc0dad3b57d8a9b4c5103ed1cd065a38','sms','01234','Your code is 01234',NULL,NULL,NULL,NULL,'2026-03-01 12:00:00.000000','poll');
CREATE TABLE numbers (
	id INTEGER NOT NULL, 
	"order" INTEGER NOT NULL, 
	provider VARCHAR(200) NOT NULL, 
	account VARCHAR(64) NOT NULL, 
	buys VARCHAR(16) NOT NULL, 
	ref VARCHAR(64) NOT NULL, 
	only_ref VARCHAR(80), 
	phone_number VARCHAR(64), 
	service TEXT, 
	country INTEGER, 
	operator TEXT, 
	cost BIGINT, 
	held BIGINT, 
	currency VARCHAR(3), 
	bought_at DATETIME NOT NULL, 
	since DATETIME, 
	ends_at DATETIME, 
	channel VARCHAR(8) NOT NULL, 
	state VARCHAR(16) NOT NULL, 
	refunded BIGINT NOT NULL, 
	is_guess BOOLEAN NOT NULL, 
	is_quote BOOLEAN NOT NULL, 
	old_messages INTEGER NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (provider, account, only_ref), 
	FOREIGN KEY("order") REFERENCES orders (id)
);
INSERT INTO "numbers" VALUES(1,1,'sandbox','6711f477e4','activation','3936327951','activation:3936327951','77002753027','tg',2,'forte_mobile',860000000,NULL,'USD','2026-03-01 12:00:00.000000','2026-03-01 12:00:00.000000',NULL,'sms','active',0,0,0,0);
INSERT INTO "numbers" VALUES(2,2,'sandbox','6711f477e4','rent','18081568','rent:18081568','77011698000','full',2,NULL,5020000000,5020000000,'USD','2026-03-01 12:00:00.000000',NULL,'2026-03-01 16:00:00.000000','sms','active',0,0,1,0);
INSERT INTO "numbers" VALUES(3,3,'sandbox','6711f477e4','extension','18081568',NULL,'77011698000',NULL,NULL,NULL,2010000000,2010000000,'USD','2026-03-01 12:00:00.000000',NULL,'2026-03-01 20:00:00.000000','sms','finished',0,0,1,0);
INSERT INTO "numbers" VALUES(4,4,'sandbox','6711f477e4','activation','3936327986','activation:3936327986','77023557869','wa',2,'altel',470000000,NULL,'USD','2026-03-01 12:00:00.000000','2026-03-01 12:00:00.000000',NULL,'sms','cancelled',470000000,0,0,0);
CREATE TABLE orders (
	id INTEGER NOT NULL, 
	order_id VARCHAR(200) NOT NULL, 
	"key" VARCHAR(200), 
	live_key VARCHAR(200), 
	provider VARCHAR(200) NOT NULL, 
	account VARCHAR(64) NOT NULL, 
	action VARCHAR(64) NOT NULL, 
	buys VARCHAR(16) NOT NULL, 
	service TEXT, 
	country INTEGER, 
	operator TEXT, 
	target VARCHAR(64), 
	hours INTEGER, 
	params TEXT NOT NULL, 
	most BIGINT, 
	quoted BIGINT, 
	currency VARCHAR(3), 
	state VARCHAR(16) NOT NULL, 
	error TEXT, 
	owner VARCHAR(200) NOT NULL, 
	day VARCHAR(10) NOT NULL, 
	begun_at DATETIME NOT NULL, 
	open_until DATETIME NOT NULL, 
	ended_at DATETIME, 
	looked_at DATETIME, 
	PRIMARY KEY (id), 
	UNIQUE (provider, account, buys, live_key)
);
INSERT INTO "orders" VALUES(1,'5ba55df1247645dea866cf0189b5c4a1','mine','mine','sandbox','6711f477e4','getNumberV2','activation','tg',2,NULL,NULL,NULL,'{"country": "2", "service": "tg"}',NULL,NULL,NULL,'bought',NULL,'host|4407|1795900130.27','2026-11-28','2026-11-28 21:09:00.498438','2026-11-28 21:13:00.498447','2026-11-28 21:09:01.762424',NULL);
INSERT INTO "orders" VALUES(2,'bd9c187d870c4d18b5688565af3137e8',NULL,NULL,'sandbox','6711f477e4','getRentNumber','rent','full',2,NULL,NULL,4,'{"country": "2", "rent_time": "4", "service": "full"}',5020000000,5020000000,'USD','bought',NULL,'host|4407|1795900130.27','2026-11-28','2026-11-28 21:09:02.725102','2026-11-28 21:13:02.725109','2026-11-28 21:09:02.759291',NULL);
INSERT INTO "orders" VALUES(3,'6d5d67d4f995428295bae49cb292008f',NULL,NULL,'sandbox','6711f477e4','continueRentNumber','extension',NULL,NULL,NULL,'18081568',4,'{"id": "18081568", "rent_time": "4"}',2010000000,2010000000,'USD','bought',NULL,'host|4407|1795900130.27','2026-11-28','2026-11-28 21:09:02.774232','2026-11-28 21:13:02.774251','2026-11-28 21:09:02.781390',NULL);
INSERT INTO "orders" VALUES(4,'a6615ba8c7ef4b6f970ae763321e8ee3','gone','gone','sandbox','6711f477e4','getNumberV2','activation','wa',2,NULL,NULL,NULL,'{"country": "2", "service": "wa"}',NULL,NULL,NULL,'bought',NULL,'host|4407|1795900130.27','2026-11-28','2026-11-28 21:09:02.794710','2026-11-28 21:13:02.794713','2026-11-28 21:09:02.804995',NULL);
CREATE TABLE sightings (
	provider VARCHAR(200) NOT NULL, 
	account VARCHAR(64) NOT NULL, 
	ref VARCHAR(64) NOT NULL, 
	seen_at DATETIME NOT NULL, 
	PRIMARY KEY (provider, account, ref)
);
CREATE INDEX orders_by_day ON orders (provider, day);
CREATE INDEX orders_by_state ON orders (provider, account, state);
CREATE INDEX ix_orders_order_id ON orders (order_id);
CREATE INDEX numbers_by_ref ON numbers (ref, provider);
CREATE INDEX ix_numbers_order ON numbers ("order");
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('messages',1);
COMMIT;

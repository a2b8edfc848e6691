import Model
import TestSupport
import Testing

@Suite(.timed) struct RedactionTests {
    @Test(arguments: [
        "DB_PASSWORD", "mysql_passwd", "pwd", "clientSecret", "api-token", "AWS_ACCESS_KEY_ID", "Credentials",
        "Authorization", "X-Auth", "private_key", "SENTRY_DSN", "DB_PASS", "requirepass", "Set-Cookie",
    ]) func namesOfSecretsAreKnown(name: String) { #expect(Redaction.looksSecret(name)) }

    @Test(arguments: ["DB_HOST", "author", "passenger", "user", "status", "HTTP_PORT", "unauthorized"])
    func otherNamesAreNot(name: String) { #expect(!Redaction.looksSecret(name)) }

    /// Everything that a line of a configuration may look like, with `s3cr3t-V4lue` where the secret is.
    @Test(arguments: [
        ("DB_PASSWORD=s3cr3t-V4lue", "DB_PASSWORD=***"),
        ("export API_TOKEN='s3cr3t-V4lue'", "export API_TOKEN='***'"),
        ("DB_PASSWORD=s3cr3t-V4lue with blanks", "DB_PASSWORD=***"),
        ("      MYSQL_PASSWORD: s3cr3t-V4lue", "      MYSQL_PASSWORD: ***"),
        ("      MYSQL_PASSWORD: \"s3cr3t-V4lue\" # why", "      MYSQL_PASSWORD: \"***\" # why"),
        ("      - DB_PASSWORD=s3cr3t-V4lue", "      - DB_PASSWORD=***"),
        ("      - \"DB_PASSWORD=s3cr3t-V4lue\"", "      - \"DB_PASSWORD=***\""),
        (
            "    environment: { A: b, DB_PASSWORD: s3cr3t-V4lue, C: d }",
            "    environment: { A: b, DB_PASSWORD: ***, C: d }"
        ),
        (
            "    environment: [A=b, \"DB_PASSWORD=s3cr3t-V4lue\", C=d]",
            "    environment: [A=b, \"DB_PASSWORD=***\", C=d]"
        ),
        (
            "    command: redis-server --requirepass s3cr3t-V4lue --port 1",
            "    command: redis-server --requirepass *** --port 1"
        ),
        (
            "    command: [\"redis-server\", \"--requirepass\", \"s3cr3t-V4lue\"]",
            "    command: [\"redis-server\", \"--requirepass\", \"***\"]"
        ),
        ("    command: app --password=s3cr3t-V4lue --verbose", "    command: app --password=*** --verbose"),
        (
            "    test: [\"CMD\", \"mysqladmin\", \"-ps3cr3t-V4lue\", \"ping\"]",
            "    test: [\"CMD\", \"mysqladmin\", \"-p***\", \"ping\"]"
        ),
        ("    test: mysqladmin ping -uroot -ps3cr3t-V4lue", "    test: mysqladmin ping -uroot -p***"),
        ("    url: mysql://user:s3cr3t-V4lue@db:3306/shop", "    url: mysql://user:***@db:3306/shop"),
        ("    url: https://s3cr3t-V4lue@host/x", "    url: https://***@host/x"),
        ("requirepass s3cr3t-V4lue", "requirepass ***"),
        ("proxy_set_header Authorization \"Basic s3cr3t-V4lue\";", "proxy_set_header Authorization \"***\";"),
    ]) func aValueOfAConfigurationIsHidden(line: String, hidden: String) {
        #expect(Redaction().configuration(line + "\n") == hidden + "\n")
    }

    @Test(arguments: [
        "      DB_PASSWORD: ${DB_PASSWORD}\n", "      - DB_PASSWORD=$DB_PASSWORD\n", "    environment: *databases\n",
        "upstream store {\n    least_conn;\n    server p-store-1:5000 max_fails=3;\n}\n", "", "\n\n",
        "secrets:\n  db_password:\n    file: ./password.txt\n", "    ports: [\"127.0.0.1:5000:5000\"]\n",
        "    secrets:\n      - source: db\n        target: /x\n", "  url: http://127.0.0.1:8080/path?a=b@c\n",
    ]) func whatHoldsNoSecretStaysAsItIs(text: String) { #expect(Redaction().configuration(text) == text) }

    @Test func secretsOnLinesOfTheirOwnAreHidden() {
        let text = """
            services:
              a:
                environment:
                  TLS_KEY: |
                    first s3cr3t-V4lue
                    second s3cr3t-V4lue

                  NEXT: stays
                  PLAIN_TOKEN:
                    s3cr3t-V4lue
                  TOKENS:
                    - s3cr3t-V4lue
                    - s3cr3t-V4lue
                  LAST: stays
            secrets:
              one:
                content: s3cr3t-V4lue
            configs:
              two:
                content: stays
                pem: |
                  -----BEGIN RSA PRIVATE KEY-----
                  s3cr3t-V4lue
                  -----END RSA PRIVATE KEY-----
                  stays
            """
        let hidden = Redaction().configuration(text)
        #expect(!hidden.contains("s3cr3t"), "\(hidden)")
        #expect(hidden.matches(of: /stays/).count == 4, "\(hidden)")
    }

    @Test(arguments: [
        (#"POST /login?api_key=s3cr3t-V4lue&page=2"#, #"POST /login?api_key=***&page=2"#),
        (#"{"user":"ada","password":"s3cr3t-V4lue","n":1}"#, #"{"user":"ada","password":"***","n":1}"#),
        (#"{"token": "with \"quotes\" s3cr3t-V4lue", "n": 1}"#, #"{"token": "***", "n": 1}"#),
        (#"said {\"password\":\"s3cr3t-V4lue\"} there"#, #"said {\"password\":\"***\"} there"#),
        (#"{"tokens":["s3cr3t-V4lue","s3cr3t-V4lue"],"n":1}"#, #"{"tokens":[***],"n":1}"#),
        ("Authorization: Bearer s3cr3t-V4lue", "Authorization: ***"),
        ("curl -H 'Authorization: Basic s3cr3t-V4lue' http://h", "curl -H 'Authorization: ***' http://h"),
        ("Cookie: a=1; session=s3cr3t-V4lue", "Cookie: ***"),
        ("sent Bearer s3cr3t-V4lue to it", "sent Bearer *** to it"),
        ("cannot connect to redis://:s3cr3t-V4lue@redis:6379/0", "cannot connect to redis://:***@redis:6379/0"),
        ("level=info password=s3cr3t-V4lue user=ada", "level=info password=*** user=ada"),
        ("a line\npassword: s3cr3t-V4lue\na line", "a line\npassword: ***\na line"),
        (#"{"is_private": true, "auth": null}"#, #"{"is_private": true, "auth": null}"#),
    ]) func aSecretOfAMessageIsHidden(text: String, hidden: String) {
        #expect(Redaction().prose(text) == hidden)
        #expect(String(decoding: Redaction().log(Array(text.utf8)), as: UTF8.self) == hidden)
    }

    @Test func knownSecretsAreHiddenWhereverTheyStand() {
        let secrets = KnownSecrets()
        secrets.add(["s3cr3t-V4lue", "root"])
        let redaction = Redaction(secrets)
        let text = "user root said s3cr3t-V4lue, xs3cr3t-V4lue and 's3cr3t-V4lue'"
        let hidden = "user root said ***, xs3cr3t-V4lue and '***'"
        #expect(redaction.prose(text) == hidden)
        #expect(redaction.configuration(text) == hidden)
        #expect(String(decoding: redaction.log(Array(text.utf8)), as: UTF8.self) == hidden)
    }

    @Test func aTextTellsWhetherItEndsInASecret() {
        #expect(Redaction().opened(#"{"password": ""#).isOpen)
        #expect(Redaction().opened(#"{"password": "be"#).isOpen)
        #expect(!Redaction().opened(#"{"password": "whole"}"#).isOpen)
    }
}

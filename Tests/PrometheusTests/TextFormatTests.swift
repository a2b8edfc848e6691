import Prometheus
import TestSupport
import Testing

@Suite(.timed) struct TextFormatTests {
    /// The example of the format's documentation, shortened.
    private let page = #"""
        # HELP http_requests_total The total number of HTTP requests.
        # TYPE http_requests_total counter
        http_requests_total{method="post",code="200"} 1027 1395066363000
        http_requests_total{method="post",code="400",}    3 1395066363000

        # Escaping in label values:
        msdos_file_access_time_seconds{path="C:\\DIR\\FILE.TXT",error="Cannot find file:\n\"FILE.TXT\""} 1.458255915e9
        metric_without_timestamp_and_labels 12.47
        something_weird{problem="division by zero"} +Inf -3982045
        # TYPE seconds histogram
        # HELP seconds A histogram,\nwith a backslash \\.
        seconds_bucket{le="0.05"} 24054
        seconds_bucket{ le = "+Inf" , } 144320
        seconds_sum 53423
        seconds_count 144320
        # TYPE rpc summary
        rpc{quantile="0.5"} NaN
        rpc_sum 1.7560473e+07
        rpc_bucket 1
        """#

    @Test func aPageIsReadByFamily() throws {
        let families = try TextFormat.parse(page)
        #expect(
            families.map(\.name) == [
                "http_requests_total", "msdos_file_access_time_seconds", "metric_without_timestamp_and_labels",
                "something_weird", "seconds", "rpc", "rpc_bucket",
            ])
        #expect(families.map(\.kind) == [.counter, .untyped, .untyped, .untyped, .histogram, .summary, .untyped])
        #expect(families[0].help == "The total number of HTTP requests.")
        #expect(families[0].samples.map(\.timestamp) == [1_395_066_363_000, 1_395_066_363_000])
        #expect(families[0].samples[1].labels == ["method": "post", "code": "400"])
        #expect(
            families[1].samples[0].labels == [
                "path": #"C:\DIR\FILE.TXT"#, "error": "Cannot find file:\n\"FILE.TXT\"",
            ])
        #expect(families[2].samples[0].value == 12.47)
        #expect(families[3].samples[0].value == .infinity)
        #expect(families[3].samples[0].timestamp == -3_982_045)
        #expect(families[4].help == "A histogram,\nwith a backslash \\.")
        #expect(
            families[4].samples.map(\.name) == ["seconds_bucket", "seconds_bucket", "seconds_sum", "seconds_count"])
        #expect(families[5].samples[0].value.isNaN)
    }

    @Test func samplesAddUpByTheirLabels() throws {
        let families = try TextFormat.parse(page)
        #expect(families.sum(of: "http_requests_total") == 1030)
        #expect(families.sum(of: "http_requests_total", where: ["code": "400"]) == 3)
        #expect(families.sum(of: "http_requests_total", where: ["code": "500"]) == nil)
        #expect(families.sum(of: "seconds_count") == 144_320)
        #expect(families.sum(of: "nothing") == nil)
    }

    @Test func windowsLineEndsAndAMissingLastOneAreFine() throws {
        let families = try TextFormat.parse("# TYPE a gauge\r\na 1\r\n\r\nb 2")
        #expect(families.map(\.kind) == [.gauge, .untyped])
        #expect(families.sum(of: "b") == 2)
        #expect(try TextFormat.parse("").isEmpty)
    }

    @Test(arguments: [
        ("a 1\nb", "line 2: b has no value"),
        ("a one", "line 1: \"one\" is no value"),
        ("a 1 2.5", "line 1: \"2.5\" is no timestamp in milliseconds"),
        ("a 1 2 3", "line 1: \"3\" is left over at the end of the line"),
        ("1a 1", "line 1: expected the name of a metric, found \" 1\""),
        ("a{b} 1", "line 1: the label b has no value"),
        ("a{b=c} 1", "line 1: the value of the label b is not in quotes"),
        ("a{b=\"c} 1", "line 1: the value of the label b is not closed with a quote"),
        ("a{b=\"c\" 1", "line 1: the labels are not closed with \"}\""),
        ("a{b=\"c\",b=\"d\"} 1", "line 1: the label b is given twice"),
        ("a{b=\"\\t\"} 1", "line 1: unknown escape \"\\t\""),
        ("a{,} 1", "line 1: expected the name of a label, found \",} 1\""),
        ("# TYPE a thing", "line 1: \"thing\" is no type of metric"),
        ("# TYPE a gauge\n# TYPE a gauge", "line 2: the type of a is given twice"),
        ("a 1\n# TYPE a gauge", "line 2: the type of a comes after its samples"),
        ("<html>", "line 1: expected the name of a metric, found \"<html>\""),
    ])
    func aLineThatIsNotInTheFormatIsNamed(page: String, fault: String) throws {
        let found = try #require(throws: TextFormatFault.self) { try TextFormat.parse(page) }
        #expect(found.description == fault)
    }
}

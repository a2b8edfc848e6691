import Commands
import Foundation
import TestSupport
import Testing

@Suite(.timed) struct PDFPagesTests {
    /// As Chromium writes it, with the tree of pages in two levels.
    private let file = """
        %PDF-1.4
        9 0 obj
        <</Type /Pages
        /Count 3
        /Kids [7 0 R 8 0 R]>>
        endobj
        7 0 obj
        <</Type /Pages
        /Parent 9 0 R
        /Count 2
        /Kids [2 0 R 31 0 R]>>
        endobj
        8 0 obj
        <</Type /Pages
        /Parent 9 0 R
        /Count 1
        /Kids [40 0 R]>>
        endobj
        10 0 obj
        <</r#25C3#25A9ponses [31 0 R /XYZ 0 558.4 0]
        /annexe [40 0 R /XYZ 0 841.9 0]
        /lost [99 0 R /XYZ 0 841.9 0]>>
        endobj
        %%EOF
        """

    @Test func placesStandOnThePagesOfTheTreeInItsOrder() {
        #expect(PDFPages.destinations(in: Data(file.utf8)) == ["réponses": 2, "annexe": 3])
    }

    @Test func ofAnotherMakeNothingIsKnown() {
        #expect(PDFPages.destinations(in: Data("%PDF-1.7\n%%EOF".utf8)).isEmpty)
        #expect(PDFPages.destinations(in: Data([0xFF, 0x0A, 0x00])).isEmpty)
    }
}

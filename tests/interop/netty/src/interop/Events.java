package interop;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/** Prints events to stdout, one per line, and explanations for a person to stderr. */
final class Events {
    private static final PrintStream OUT =
            new PrintStream(new FileOutputStream(FileDescriptor.out), false, StandardCharsets.UTF_8);

    private Events() {
    }

    static synchronized void print(String event) {
        OUT.print(oneLine(event) + '\n');
        // checkError flushes first. On an error the reader of the events is gone: stop instead of reconnecting for ever.
        if (OUT.checkError()) {
            Runtime.getRuntime().halt(1);
        }
    }

    static void explain(String what) {
        System.err.println(oneLine(what));
    }

    /** The type of a frame comes from the network. Control characters are replaced, so that it cannot forge an event. */
    private static String oneLine(String text) {
        return text.replaceAll("\\p{Cntrl}", "?");
    }
}

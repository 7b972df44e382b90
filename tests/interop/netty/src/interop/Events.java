package interop;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/** stdout carries events only, one a line; explanations for a human go to stderr. */
final class Events {
    private static final PrintStream OUT =
            new PrintStream(new FileOutputStream(FileDescriptor.out), false, StandardCharsets.UTF_8);

    private Events() {
    }

    static synchronized void print(String event) {
        OUT.print(oneLine(event) + '\n');
        // checkError flushes first. Whoever read our events is gone: don't reconnect for ever unseen.
        if (OUT.checkError()) {
            Runtime.getRuntime().halt(1);
        }
    }

    static void explain(String what) {
        System.err.println(oneLine(what));
    }

    /** A frame's type comes from the network: it must not be able to forge an event of its own. */
    private static String oneLine(String text) {
        return text.replaceAll("\\p{Cntrl}", "?");
    }
}

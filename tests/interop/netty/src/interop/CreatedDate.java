package interop;

import java.text.ParseException;
import java.text.SimpleDateFormat;
import java.util.Date;

/**
 * The field {@code created}: local time of the JVM, written with SimpleDateFormat as in the Netty heartbeat tutorial ("the
 * article").
 */
final class CreatedDate {
    private static final String PATTERN = "yyyy-MM-dd HH:mm:ss";

    private CreatedDate() {
    }

    static String now() {
        return new SimpleDateFormat(PATTERN).format(new Date());
    }

    /** The characters of the date, without any text after them; null when the field does not contain a date. */
    static String text(String field) {
        if (field.length() < PATTERN.length()) {
            return null;
        }
        String text = field.substring(0, PATTERN.length());
        try {
            new SimpleDateFormat(PATTERN).parse(text);
            return text;
        } catch (ParseException e) {
            return null;
        }
    }
}

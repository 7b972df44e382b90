package interop;

import java.text.ParseException;
import java.text.SimpleDateFormat;
import java.util.Date;

/** The field {@code created}: local time of the JVM, as the article's SimpleDateFormat writes it. */
final class CreatedDate {
    private static final String PATTERN = "yyyy-MM-dd HH:mm:ss";

    private CreatedDate() {
    }

    static String now() {
        return new SimpleDateFormat(PATTERN).format(new Date());
    }

    /** The characters that make up the date, without what follows them; null when it is no date. */
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

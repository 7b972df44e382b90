package interop;

/** The settings from the command line. */
record Settings(String host, int port, String secret, boolean message, boolean firstPing) {
    static final String USAGE = "usage: HOST PORT SECRET [--message] [--first-ping]";

    static Settings parse(String[] args) {
        if (args.length < 3) {
            throw new IllegalArgumentException(USAGE);
        }
        boolean message = false;
        boolean firstPing = false;
        for (int i = 3; i < args.length; i++) {
            switch (args[i]) {
                case "--message" -> message = true;
                case "--first-ping" -> firstPing = true;
                default -> throw new IllegalArgumentException("unknown option " + args[i] + "; " + USAGE);
            }
        }
        return new Settings(args[0], port(args[1]), args[2], message, firstPing);
    }

    private static int port(String text) {
        if (!text.matches("[0-9]{1,5}") || Integer.parseInt(text) < 1 || Integer.parseInt(text) > 65535) {
            throw new IllegalArgumentException("not a port: " + text + "; " + USAGE);
        }
        return Integer.parseInt(text);
    }
}

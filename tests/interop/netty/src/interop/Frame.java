package interop;

/** One frame as on the wire, with its three text fields already trimmed. */
record Frame(String type, String token, String created, byte[] content) {
    static final int MAGIC = 0x76;
    static final int FIELD_BYTES = 50;
    static final int HEADER_BYTES = 4 + 4 + 3 * FIELD_BYTES;
    static final String PING = "ping";
}

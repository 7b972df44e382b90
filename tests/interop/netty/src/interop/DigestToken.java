package interop;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** The gateway's token scheme {@code digest} with its defaults: SHA1, hex, magic-length-created-content-secret. */
final class DigestToken {
    private final byte[] secret;

    DigestToken(String secret) {
        this.secret = secret.getBytes(StandardCharsets.UTF_8);
    }

    Frame frame(String type, byte[] content) {
        String created = CreatedDate.now();
        return new Frame(type, compute(created, content), created, content);
    }

    boolean verifies(Frame frame) {
        byte[] expected = compute(frame.created(), frame.content()).getBytes(StandardCharsets.US_ASCII);
        return MessageDigest.isEqual(expected, frame.token().getBytes(StandardCharsets.UTF_8));
    }

    private String compute(String created, byte[] content) {
        MessageDigest sha1 = sha1();
        String numbers = Integer.toString(Frame.MAGIC) + content.length;
        sha1.update((numbers + created).getBytes(StandardCharsets.UTF_8));
        sha1.update(content);
        sha1.update(secret);
        StringBuilder hex = new StringBuilder();
        for (byte b : sha1.digest()) {
            hex.append(Character.forDigit(b >> 4 & 0xf, 16)).append(Character.forDigit(b & 0xf, 16));
        }
        return hex.toString();
    }

    private static MessageDigest sha1() {
        try {
            return MessageDigest.getInstance("SHA-1");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-1", e);
        }
    }
}

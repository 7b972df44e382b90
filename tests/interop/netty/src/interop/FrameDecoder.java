package interop;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.codec.CorruptedFrameException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Splits the stream into frames. The decoder of the Netty heartbeat tutorial ("the article") skips bytes until it finds a magic
 * number. This decoder is stricter: one wrong byte ends the connection, so that no fault of the gateway stays undetected.
 */
final class FrameDecoder extends ByteToMessageDecoder {
    /** Well above the gateway's default of 64 KiB, well below the heap. */
    private static final int MAX_CONTENT_BYTES = 1 << 20;

    @Override
    protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
        if (in.readableBytes() < Frame.HEADER_BYTES) {
            return;
        }
        int start = in.readerIndex();
        int magic = in.getInt(start);
        int length = in.getInt(start + 4);
        if (magic != Frame.MAGIC) {
            throw corrupted(in, "no magic where a frame must start");
        }
        if (length < 0 || length > MAX_CONTENT_BYTES) {
            throw corrupted(in, "content length " + length);
        }
        if (in.readableBytes() - Frame.HEADER_BYTES < length) {
            return;
        }

        in.skipBytes(8);
        String type = readField(in);
        String token = readField(in);
        String created = CreatedDate.text(readField(in));
        if (created == null) {
            throw corrupted(in, "no date in the field created");
        }
        byte[] content = new byte[length];
        in.readBytes(content);
        out.add(new Frame(type, token, created, content));
    }

    private static String readField(ByteBuf in) {
        byte[] bytes = new byte[Frame.FIELD_BYTES];
        in.readBytes(bytes);
        return new String(bytes, StandardCharsets.UTF_8).trim();
    }

    /** Drops the remaining bytes, because Netty decodes them once more when the channel closes. */
    private static CorruptedFrameException corrupted(ByteBuf in, String what) {
        in.skipBytes(in.readableBytes());
        return new CorruptedFrameException(what);
    }
}

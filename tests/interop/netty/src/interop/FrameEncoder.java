package interop;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.EncoderException;
import io.netty.handler.codec.MessageToByteEncoder;
import java.nio.charset.StandardCharsets;

final class FrameEncoder extends MessageToByteEncoder<Frame> {
    @Override
    protected void encode(ChannelHandlerContext ctx, Frame frame, ByteBuf out) {
        out.writeInt(Frame.MAGIC);
        out.writeInt(frame.content().length);
        writeField(out, frame.type());
        writeField(out, frame.token());
        writeField(out, frame.created());
        out.writeBytes(frame.content());
    }

    private static void writeField(ByteBuf out, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        if (bytes.length > Frame.FIELD_BYTES) {
            throw new EncoderException("a field holds 50 bytes, this one needs " + bytes.length);
        }
        out.writeBytes(bytes).writeZero(Frame.FIELD_BYTES - bytes.length);
    }
}

using System.Globalization;

namespace HeartbeatGateway.Protocol.Tests.Support;

/// <summary>
/// A culture that differs from the invariant culture as far as possible without culture data: Buddhist calendar, other digits,
/// signs and separators. The named cultures cover the remaining differences on machines that have them.
/// </summary>
internal sealed class OddCulture : CultureInfo
{
    private OddCulture()
        : base("")
    {
        NumberFormat = new NumberFormatInfo
        {
            NegativeSign = "minus",
            NumberDecimalSeparator = "٫",
            NumberGroupSeparator = "٬",
            NativeDigits = ["٠", "١", "٢", "٣", "٤", "٥", "٦", "٧", "٨", "٩"],
            DigitSubstitution = DigitShapes.NativeNational,
        };
        DateTimeFormat = new DateTimeFormatInfo { DateSeparator = "/", TimeSeparator = "." };
    }

    public override Calendar Calendar { get; } = new ThaiBuddhistCalendar();

    /// <summary>Runs an action with this culture, and with tr-TR, ar-SA and th-TH where the process has them.</summary>
    public static void Each(Action action)
    {
        var before = CurrentCulture;
        try
        {
            foreach (var culture in All())
            {
                CurrentCulture = culture;
                action();
            }
        }
        finally
        {
            CurrentCulture = before;
        }
    }

    private static IEnumerable<CultureInfo> All()
    {
        yield return new OddCulture();
        foreach (var name in (string[])["tr-TR", "ar-SA", "th-TH"])
        {
            CultureInfo culture;
            try
            {
                culture = new CultureInfo(name);
            }
            catch (CultureNotFoundException)
            {
                // The process runs in invariant globalization mode, which has no other cultures.
                continue;
            }

            yield return culture;
        }
    }
}

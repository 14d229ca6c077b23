/** Every word that the page itself says (the library's own words come from the chat API as `text`). */
export const words = {
  from: { reader: "您说：", library: "书递说：", staff: "馆员说：" },
  label: { staff: "馆员", handover: "转给馆员", notice: "图书馆通知", survey: "满意度调查" },

  date: (month, day, weekday) => `${month}月${day}日 ${weekday}`,

  starters: [
    { title: "有什么新书？", text: "有什么新书" },
    { title: "我的书到哪了？", text: "我的书到哪了" },
    { title: "我借了哪些书？", text: "我借了哪些书" },
    { title: "附近有自助柜吗？", text: "附近有自助柜吗" },
  ],
  person: "人工",
  leaveAsk: "结束后，这台设备上看不到刚才的对话，也会忘掉您的读者证。要结束吗？",

  typing: "正在为您查…",
  failed: "没有发出去，点此重试",
  refused: "这句话没能送到，请换个说法再试。",
  tooLarge: "内容太多了，请分几次说。",
  tooMany: "说得有点快，我稍等一下就替您发出去。",
  offline: "暂时连不上图书馆，正在重新连接…",

  limit: 2000,
  left: (n) => `还能写 ${n} 个字`,
  tooLong: (n) => `多了 ${n} 个字，请删短一点或分两次发`,

  earlier: (n) => `先前的选项（${n} 个）`,
  others: (n) => `还有 ${n} 个，点开看`,

  locating: "正在看您在哪里…",
  here: "我的位置",
  placeRefused: "没有拿到位置，不要紧：直接写地名就行，比如“湖东邻里中心”。",
  placeMissing: "这台设备给不出位置，请直接写地名，比如“湖东邻里中心”。",

  book: {
    available: (n) => `${n} 本可借`,
    out: "都借出了",
    atBranch: (name, n) => `${name} ${n} 本`,
    waiting: (n) => `${n} 人在排队`,
    large: "大字版",
    children: "少儿",
    callNumber: "索书号",
  },
  basket: { title: "书单", count: (n) => `${n} 本`, empty: "书单还空着" },
  order: {
    title: "借书单",
    steps: ["下单", "找书", "打包", "路上", "可取", "取走"],
    homeSteps: ["下单", "找书", "打包", "路上", "送到"],
    state: {
      placed: "已下单", picking: "正在找书", packed: "已打包", in_transit: "在路上", available: "可以取了",
      collected: "已取走", closed: "已办完", cancelled: "已取消", expired: "过期未取，已送回", failed: "没有办成",
    },
    method: { locker: "自助柜", branch: "分馆", home: "送到家" },
    homeAvailable: "已送到",
    promised: "最晚",
    before: "前",
    until: "保留到",
    code: "取书码",
    pickup: "取书",
    fee: "运费",
    free: "免费",
    lineState: { refused: "没找到", found: "找到了", requested: "在找" },
  },
  loans: { due: "应还", overdue: (n) => `过期 ${n} 天`, renewable: "可续借", renew: "点这里续借", fixed: "不能续借", returning: "正在还" },
  whyNot: {
    renewal_used: "已续借过", reserved_by_other: "有人预约", overdue: "已过期", suspended: "暂停借书",
    returning: "正在还", loan_not_found: "已还",
  },
  point: { locker: "自助柜", branch: "分馆", km: (n) => `约 ${n} 公里`, cells: (n) => `空格口 ${n} 个`, full: "满了", closed: "暂停使用" },
  link: {
    open: "打开填写页",
    purpose: { bind_card: "填读者证", add_address: "填地址" },
    until: (time) => `这一页 ${time} 前有效，会在新窗口打开`,
    bad: "这个链接打不开，请再说一次，我重新发给您。",
  },
};
